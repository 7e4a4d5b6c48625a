"""Model file formats and precisions, as data: what is known of each without opening a file.

What differs by format in code is found by a row in each package that has some: in `edgekit.spec.export` its options, in
`edgekit.exporting.formats` its exporter, in `edgekit.store.containers.table` how its files are read without its library, in
`edgekit.verifying.lint.lint` how its facts are read with it. Each is a ``match`` that ends in ``assert_never``, so that the
type checker names the row that a new format has not got yet.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePath
from typing import TYPE_CHECKING, assert_never

import msgspec

if TYPE_CHECKING:
    import mmap
    from os import PathLike


class Precision(StrEnum):
    """How weights and activations are stored and computed.

    ``FLOAT16``: weights stored in half the bytes, computed in float32. ``MIXED``: weights of fully connected layers in
    int8, their inputs quantised as they come, the rest in float32. ``DYNAMIC``: the same for convolutions too. ``INT8``: all
    of the network in 8-bit integers, with scales from calibration images. Only ``INT8`` is calibrated.
    """

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    MIXED = "mixed"
    DYNAMIC = "dynamic"
    INT8 = "int8"


def multiplies_integers(precision: Precision) -> bool:
    """Return whether convolutions, which have nearly all products of a network, are computed in 8-bit integers."""
    match precision:
        case Precision.FLOAT32 | Precision.FLOAT16 | Precision.MIXED:
            return False
        case Precision.DYNAMIC | Precision.INT8:
            return True
        case _:
            assert_never(precision)


class FormatSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A format as data.

    ``suffix`` ends file names, with its dot; ``title`` is what people call it; ``precisions`` are those that it can be exported
    in. ``magic`` are the bytes that tell its files, and where they stand (``None``: it has none). ``int8_may_saturate``: its own
    runtime's int8 kernels add pairs of products in 16 bits on x86 CPUs without VNNI, which is too few for weights of eight bits.
    """

    suffix: str
    title: str
    precisions: tuple[Precision, ...]
    magic: tuple[bytes, int] | None = None
    int8_may_saturate: bool = False

    def begins(self, data: bytes | mmap.mmap) -> bool:
        """Return whether a file with these bytes begins as the format's files do."""
        if self.magic is None:
            return False
        mark, place = self.magic
        return data[place : place + len(mark)] == mark


class Format(StrEnum):
    """A model file's format. Of several files of a bundle that serve equally well, the first format's is taken."""

    TFLITE = "tflite"
    ONNX = "onnx"

    @property
    def spec(self) -> FormatSpec:
        """What is known of it."""
        return FORMATS[self]

    @property
    def suffix(self) -> str:
        """File name extension, with its dot."""
        return self.spec.suffix


def _row(kind: Format) -> FormatSpec:
    match kind:
        case Format.TFLITE:
            return FormatSpec(
                suffix=".tflite",
                title="TFLite",
                precisions=(Precision.FLOAT32, Precision.FLOAT16, Precision.MIXED, Precision.DYNAMIC, Precision.INT8),
                magic=(b"TFL3", 4),
            )
        case Format.ONNX:
            return FormatSpec(
                suffix=".onnx",
                title="ONNX",
                precisions=(Precision.FLOAT32, Precision.FLOAT16, Precision.MIXED, Precision.INT8),
                int8_may_saturate=True,
            )
        case _:
            assert_never(kind)


FORMATS = {kind: _row(kind) for kind in Format}
PRECISIONS = {kind: row.precisions for kind, row in FORMATS.items()}
"""The precisions that each format can be exported in."""
DEFAULT_PRECISIONS = (Precision.FLOAT32, Precision.INT8)
ModelFile = tuple[Format, Precision]
"""Which file of a network: its format and its precision."""


def format_named(path: str | PathLike[str]) -> Format | None:
    """Return the format that a file's name says, in whatever case its suffix is written."""
    suffix = PurePath(path).suffix.lower()
    return next((kind for kind in Format if kind.suffix == suffix), None)


def formats_with(precision: Precision) -> tuple[Format, ...]:
    """Return the formats that can be exported in a precision."""
    return tuple(kind for kind in Format if precision in PRECISIONS[kind])
