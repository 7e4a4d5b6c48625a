"""Which exact rewrites an export gets, with which thresholds, as data: a table per format, in a file that a person can read and change."""

from __future__ import annotations

import tomllib
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from edgekit.errors import UsageError, nearest

_FOLDER = "tunings"
BUILT_IN = ("portable", "x86-vnni", "openvino", "none")
DEFAULT_TUNING = "portable"
# The name of a tuning that was searched for.
TUNED = "tuned"
_Positive = msgspec.Meta(gt=0)


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, rename="kebab"):
    """A table whose keys are written with hyphens; an unknown one is refused."""


class PreActivation(_Table, frozen=True, kw_only=True):
    """When a batch norm before an activation moves its scale on.

    ``negative`` scales need a slope by channel; a layer's scales may differ by a factor of ``most_spread``.
    """

    negative: bool = True
    most_spread: float = 1e6


class SpaceToDepth(_Table, frozen=True, kw_only=True):
    """Which first convolutions read blocks of pixels: those of ``least_kernel`` taps a side or more."""

    least_kernel: int


class NormAsConvolution(_Table, frozen=True, kw_only=True):
    """Batch norms and shifts become convolutions; with ``behind_sums``, so does the identity between a sum and its activation.

    ``leaky_in_two``: such a convolution that alone a Leaky ReLU reads is computed twice, once for the ReLU in it (slopes between 0 and 1).
    For float32 in ONNX Runtime, where that is less work.
    """

    behind_sums: bool
    leaky_in_two: bool = False


class PadChannels(_Table, frozen=True, kw_only=True):
    """Channels are brought to a multiple of ``multiple``, from ``least_channels`` on."""

    multiple: Annotated[int, _Positive]
    least_channels: int = 1


class Winograd(_Table, frozen=True, kw_only=True):
    """Which 3 × 3 convolutions are computed in tiles of ``tile`` pixels, and 5 × 5 in tiles of two fewer (not at all with two).

    Those of ``least_channels`` in and out, on images of ``least_px`` a side: on small images a network waits for the weights,
    which Winograd has more of. And where the fewer channels, times the shorter side's pixels, are ``least_row``: below, the
    transforms cost what the products save.
    """

    tile: Literal[2, 4]
    least_channels: int
    least_px: int = 1
    least_row: Annotated[int, _Positive] = 1


class SplitConvolutions(_Table, frozen=True, kw_only=True):
    """Which convolutions are computed in parts: those of 1 × 1 and by Winograd with ``least_kib`` of float32 weights (there, a product's).

    A part has about ``part_kib`` of them, and all but the last a multiple of ``multiple`` outputs. On images of ``least_px`` a side.
    """

    least_kib: Annotated[float, _Positive]
    part_kib: Annotated[float, _Positive]
    multiple: Annotated[int, _Positive]
    least_px: int = 1


class Rewrites(_Table, frozen=True, kw_only=True):
    """The rewrites for one format and kind of arithmetic. Each is explained in the file of `edgekit.export.passes` that does it.

    ``narrow_weights`` is for int8, and no exact one: weights have 7 bits. x86 CPUs without VNNI add pairs of products of
    unsigned and signed 8-bit numbers in 16 bits, which saturate; with 7 bits they cannot (255 · 64 · 2 < 2¹⁵), so a file is right
    on any CPU, with any settings of the app that opens it.

    ``openvino_steps`` is for int8 in ONNX: activations are rounded to steps that lie evenly around zero, and only where
    OpenVINO's kernels end: behind the activation function that they compute at once; branches are put together in integers.
    ONNX Runtime wants steps around every operator that it is to compute in integers, and computes such a file in float32.

    ``leaky_as_sum`` is for int8 in ONNX too: a Leaky ReLU is the sum of two terms, which ONNX Runtime computes in half the time.

    ``cast_image`` is for int8 in TFLite: the image's bytes become float32 and then signed ones, which takes LiteRT a third of the time
    that it takes from bytes to signed ones at once. TensorFlow Lite for Microcontrollers, which has no such cast, does not open such a file.

    ``openvino_image`` is for ONNX: what is done to the image is done with its channels last, and one that has the network's own size
    is not resized.
    """

    fold_batch_norm: bool = False
    fold_input_norm: bool = False
    skip_unread_pixels: bool = False
    activate_after_max_pool: bool = False
    pool_before_pointwise: bool = False
    fold_pre_activation: PreActivation | None = None
    stem_on_blocks: SpaceToDepth | None = None
    norm_as_convolution: NormAsConvolution | None = None
    average_as_convolution: bool = False
    pad_channels: PadChannels | None = None
    use_winograd: Winograd | None = None
    split_convolutions: SplitConvolutions | None = None
    narrow_weights: bool = False
    openvino_steps: bool = False
    leaky_as_sum: bool = False
    openvino_image: bool = False
    cast_image: bool = False

    @property
    def only_for(self) -> str | None:
        """The runtime that a file with these is for, where it is for one alone."""
        return "openvino" if self.openvino_steps else None

    @property
    def made_for(self) -> str | None:
        """The runtime that a file with these is made for, where that is not its format's own; others may open it."""
        return "openvino" if self.openvino_image else self.only_for


class FormatRewrites(_Table, frozen=True, kw_only=True):
    """Rewrites for a format: ``float`` for all that computes in float32, ``int8`` for the rest."""

    float: Rewrites = Rewrites()
    int8: Rewrites = Rewrites()


class Search(StrEnum):
    """How an export looks for the rewrites that are fastest: on this machine, or by files for another one to measure."""

    NONE = "none"
    HERE = "here"
    CANDIDATES = "candidates"


class Table(NamedTuple):
    """Which table of a tuning: by the fields of `Tuning` and `FormatRewrites`."""

    format: str
    arithmetic: str


_TABLES = tuple(Table(*table) for table in product(("tflite", "onnx"), ("float", "int8")))
# The tables that a field may be in, of those fields that are not for all.
_ONLY_IN = {
    "narrow_weights": (Table("tflite", "int8"), Table("onnx", "int8")),
    "openvino_steps": (Table("onnx", "int8"),),
    "leaky_as_sum": (Table("onnx", "int8"),),
    "openvino_image": (Table("onnx", "float"), Table("onnx", "int8")),
    "cast_image": (Table("tflite", "int8"),),
}


class Tuning(_Table, frozen=True, kw_only=True):
    """A table of rewrites for each format. ``name`` stands in file names, where it is not the default.

    ``instructions`` are those of CPUs that it is made for, of which any will do; none: it is for every CPU.
    """

    name: str
    instructions: tuple[str, ...] = ()
    tflite: FormatRewrites = FormatRewrites()
    onnx: FormatRewrites = FormatRewrites()

    def __post_init__(self) -> None:
        for field, tables in _ONLY_IN.items():
            if any(getattr(self.at(table), field) for table in _TABLES if table not in tables):
                raise ValueError(f"{field.replace('_', '-')} is for {' and '.join(map('.'.join, tables))} alone")

    def at(self, table: Table) -> Rewrites:
        """Return one of the tables."""
        rewrites: Rewrites = getattr(getattr(self, table.format), table.arithmetic)
        return rewrites

    def with_table(self, table: Table, rewrites: Rewrites, *, name: str) -> Tuning:
        """Return a tuning of another ``name`` with one table replaced."""
        formats = msgspec.structs.replace(getattr(self, table.format), **{table.arithmetic: rewrites})
        return msgspec.structs.replace(self, name=name, **{table.format: formats})


@cache
def built_in(name: str) -> Tuning:
    """Return a tuning that ships with edgekit; ``none`` rewrites nothing."""
    if name == "none":
        return Tuning(name=name)
    fields = tomllib.loads(files("edgekit").joinpath(_FOLDER, f"{name}.toml").read_text(encoding="utf-8"))
    base = built_in(fields.pop("base", "none"))
    return msgspec.convert(_merged(msgspec.to_builtins(base), {"name": name, **fields}), Tuning)


def on_graph(rewrites: Rewrites, *, weights_alone: bool) -> Rewrites:
    """Return the rewrites without those that are done to a TFLite file.

    Where the ``weights_alone`` have 8 bits, average pools are computed in float32, as well as can be.
    """
    averages = rewrites.average_as_convolution and not weights_alone
    return msgspec.structs.replace(rewrites, narrow_weights=False, cast_image=False, average_as_convolution=averages)


def on_tflite(rewrites: Rewrites) -> Rewrites:
    """Return the rewrites without those that are done to the ONNX file alone that is made of a TFLite file."""
    return msgspec.structs.replace(rewrites, leaky_as_sum=False, openvino_image=False)


def default_tuning() -> Tuning:
    """Return the tuning that exports get where nothing else is asked for."""
    return built_in(DEFAULT_TUNING)


def tuning_named(text: str) -> Tuning:
    """Return the built-in tuning of that name, or the one in the TOML file of that path.

    A file takes the portable tuning and replaces the tables that it has; its key ``base`` names another tuning to start from,
    and ``none`` instead of a table switches that one off.
    """
    if text in BUILT_IN:
        return built_in(text)
    path = Path(text)
    if path.suffix != ".toml":
        raise UsageError(f"there is no such tuning. Received: {text}", hint=f"a file of your own ends in .toml; {nearest(text, BUILT_IN)}")
    if path.stem in BUILT_IN:
        raise UsageError(f"a file may not be named as a tuning that ships with edgekit. Received: {path}", hint="rename it")
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"the tuning cannot be read. Received: {path} ({error})", hint="src/edgekit/tunings has some to begin with") from error
    base = fields.pop("base", DEFAULT_TUNING)
    if base not in BUILT_IN:
        raise UsageError(f"there is no tuning to start from of that name. Received: base = {base!r} in {path}", hint=nearest(str(base), BUILT_IN))
    try:
        return msgspec.convert(_merged(msgspec.to_builtins(built_in(base)), {"name": path.stem, **fields}), Tuning)
    except msgspec.ValidationError as error:
        raise UsageError(f"the tuning does not hold: {error}. Received: {path}", hint="src/edgekit/tunings has some to begin with") from error


def as_toml(tuning: Tuning) -> bytes:
    """Return the text of a file that `tuning_named` reads as this tuning, whatever the built-in ones become."""
    tables = {name: table for name, table in msgspec.to_builtins(tuning).items() if name != "name"}
    return b'base = "none"\n\n' + msgspec.toml.encode(tables)


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Replace, down to the tables of formats and arithmetics; what is ``none`` becomes empty."""
    merged = dict(base)
    for key, value in changes.items():
        inner = merged.get(key)
        if value == "none":
            merged[key] = {}
        elif isinstance(value, dict) and isinstance(inner, dict) and key in ("tflite", "onnx"):
            merged[key] = _merged(inner, value)
        else:
            merged[key] = value
    return merged
