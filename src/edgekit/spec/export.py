"""What can be exported: heads, input sizes, and the options that each format knows."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Self, assert_never

import msgspec

from edgekit.errors import UsageError
from edgekit.spec.format import PRECISIONS, Format, Precision, formats_with
from edgekit.spec.tuning import DEFAULT_TUNING, Table, Tuning, default_tuning, table_of
from edgekit.text.words import either

if TYPE_CHECKING:
    from edgekit.spec.rewrites import Rewrites


KERAS_SUFFIXES = (".keras", ".h5", ".hdf5")
"""How files that hold a whole Keras model end."""


class Head(StrEnum):
    """What a deployed model answers.

    ``LOGITS``: one raw score a class, the softmax removed. ``FEATURES``: the vector that the last layer used
    to read. ``PROBABILITIES``: the softmax kept.
    """

    LOGITS = "logits"
    FEATURES = "features"
    PROBABILITIES = "probabilities"


class InputSize(msgspec.Struct, frozen=True):
    """Height and width of the images that a file accepts; both ``None``: any."""

    height_px: int | None = None
    width_px: int | None = None

    def __post_init__(self) -> None:
        sides = (self.height_px, self.width_px)
        if sides != (None, None) and not all(side and side > 0 for side in sides):
            raise UsageError(
                f"an input size has a height and a width in pixels, or neither. Received: {self.height_px} and {self.width_px}",
                hint="for example 224 and 320",
            )

    @property
    def is_any(self) -> bool:
        """Whether images of any size are accepted."""
        return self.height_px is None


ANY_SIZE = InputSize()


class _Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the options of every format have."""

    format: ClassVar[Format]
    precision: Precision = Precision.FLOAT32
    head: Head = Head.LOGITS
    input_size: InputSize = ANY_SIZE
    tuning: Tuning = msgspec.field(default_factory=default_tuning)

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS[self.format]:
            others = [f"--format {kind.value}" for kind in formats_with(self.precision)]
            hint = f"take {', or '.join([*others, f'--precision {either(PRECISIONS[self.format])}'])}"
            raise UsageError(f"{self.format.value} has no such precision. Received: {self.precision.value}", hint=hint)

    @property
    def table(self) -> Table:
        """The tuning's table that holds for these options."""
        return table_of(self.format, self.precision)

    @property
    def rewrites(self) -> Rewrites:
        """The rewrites that the network gets."""
        return self.tuning.at(self.table)

    def with_rewrites(self, rewrites: Rewrites, *, name: str = "") -> Self:
        """Return the options with other rewrites, in a tuning of another ``name`` if one is given."""
        return msgspec.structs.replace(self, tuning=self.tuning.with_table(self.table, rewrites, name=name or self.tuning.name))


class TFLiteOptions(_Options, frozen=True, kw_only=True, tag="tflite"):
    """How to write a TFLite file."""

    format = Format.TFLITE


class OnnxOptions(_Options, frozen=True, kw_only=True, tag="onnx"):
    """How to write an ONNX file."""

    format = Format.ONNX


ExportOptions = TFLiteOptions | OnnxOptions


def _options_for(kind: Format) -> type[ExportOptions]:
    match kind:
        case Format.TFLITE:
            return TFLiteOptions
        case Format.ONNX:
            return OnnxOptions
        case _:
            assert_never(kind)


OPTIONS_FOR = {kind: _options_for(kind) for kind in Format}


def file_name(network: str, options: ExportOptions) -> str:
    """Return ``<network>-<precision>.<format>``, with what is not the default in between."""
    size = options.input_size
    between = [
        *([] if options.head is Head.LOGITS else [options.head.value]),
        *([] if size.is_any else [f"{size.height_px}x{size.width_px}"]),
        *([] if options.tuning.name == DEFAULT_TUNING else [options.tuning.name]),
    ]
    return "-".join([network, *between, options.precision.value]) + options.format.suffix


def parse_input_size(text: str) -> InputSize:
    """Read ``any`` or ``HxW`` (pixels)."""
    if text == "any":
        return ANY_SIZE
    match = re.fullmatch(r"([1-9]\d{0,3})x([1-9]\d{0,3})", text)
    if not match:
        raise UsageError(f"an input size is any or HxW, in pixels up to 9999. Received: {text}", hint="for example --input-size 224x224")
    return InputSize(int(match[1]), int(match[2]))
