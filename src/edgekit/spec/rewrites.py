"""The rewrites that an export may get, each with its thresholds and its row: what a table of a tuning may have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from edgekit.spec.format import Format, Precision
from edgekit.spec.passes import EVERY_FILE, PassSpec, Stage, in_format, in_precision

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_Positive = msgspec.Meta(gt=0)
_TFLITE, _ONNX = in_format(Format.TFLITE), in_format(Format.ONNX)
_DYNAMIC, _INT8 = in_precision(Precision.DYNAMIC), in_precision(Precision.INT8)


class TomlTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, rename="kebab"):
    """A table whose keys are written with hyphens; an unknown one is refused."""


class PreActivation(TomlTable, frozen=True, kw_only=True):
    """When a batch norm before an activation moves its scale on.

    ``negative`` scales need a slope by channel; a layer's scales may differ by a factor of ``most_spread``.
    """

    negative: bool = True
    most_spread: float = 1e6


class SpaceToDepth(TomlTable, frozen=True, kw_only=True):
    """Which first convolutions read blocks of pixels: those of ``least_kernel`` taps a side or more."""

    least_kernel: int


class NormAsConvolution(TomlTable, frozen=True, kw_only=True):
    """Batch norms and shifts become convolutions; with ``behind_sums``, so does the identity between a sum and its activation.

    ``leaky_in_two``: such a convolution that alone a Leaky ReLU reads is computed twice, once for the ReLU in it (slopes between 0 and 1).
    For float32 in ONNX Runtime, where that is less work.
    """

    behind_sums: bool
    leaky_in_two: bool = False


class AverageAsConvolution(TomlTable, frozen=True, kw_only=True):
    """Average pools of ``most_size`` pixels a side, or fewer, become depthwise convolutions."""

    most_size: Annotated[int, _Positive]


class PadChannels(TomlTable, frozen=True, kw_only=True):
    """Channels are brought to a multiple of ``multiple``, from ``least_channels`` on."""

    multiple: Annotated[int, _Positive]
    least_channels: int = 1


class Winograd(TomlTable, frozen=True, kw_only=True):
    """Which 3 × 3 convolutions are computed in tiles of ``tile`` pixels, and 5 × 5 in tiles of two fewer (not at all with two).

    Those of ``least_channels`` in and out, on images of ``least_px`` a side: on small images a network waits for the weights,
    which Winograd has more of. And where the fewer channels, times the shorter side's pixels, are ``least_row``: below, the
    transforms cost what the products save.
    On images of fewer than ``two_below_px`` a side tiles have two pixels, and 5 × 5 are left alone: four seldom divide such a side.
    """

    tile: Literal[2, 4]
    least_channels: int
    least_px: int = 1
    least_row: Annotated[int, _Positive] = 1
    two_below_px: int = 0


class SplitConvolutions(TomlTable, frozen=True, kw_only=True):
    """Which convolutions are computed in parts: those of 1 × 1 and by Winograd with ``least_kib`` of float32 weights (there, a product's).

    A part has about ``part_kib`` of them, and all but the last a multiple of ``multiple`` outputs. On images of ``least_px`` a side.
    """

    least_kib: Annotated[float, _Positive]
    part_kib: Annotated[float, _Positive]
    multiple: Annotated[int, _Positive]
    least_px: int = 1


class Rewrites(TomlTable, frozen=True, kw_only=True):
    """The rewrites for one format and kind of arithmetic, in the order in which they are done: later ones build on what earlier ones leave.

    Each field carries its row. What is done to the network is explained in a file each of `edgekit.passes`; the others are done to
    the file, and are these.

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

    fold_batch_norm: Annotated[bool, PassSpec(stage=Stage.GRAPH)] = False
    fold_input_norm: Annotated[bool, PassSpec(stage=Stage.GRAPH)] = False
    skip_unread_pixels: Annotated[bool, PassSpec(stage=Stage.GRAPH)] = False
    activate_after_max_pool: Annotated[bool, PassSpec(stage=Stage.GRAPH)] = False
    pool_before_pointwise: Annotated[bool, PassSpec(stage=Stage.GRAPH)] = False
    fold_pre_activation: Annotated[PreActivation | None, PassSpec(stage=Stage.GRAPH)] = None
    stem_on_blocks: Annotated[SpaceToDepth | None, PassSpec(stage=Stage.GRAPH)] = None
    # In int8 ONNX Runtime takes as long to bring the outputs to their places as the convolution saves.
    four_pixels_at_once: Annotated[bool, PassSpec(stage=Stage.GRAPH, applies_to=EVERY_FILE - (_ONNX & _INT8))] = False
    norm_as_convolution: Annotated[NormAsConvolution | None, PassSpec(stage=Stage.GRAPH)] = None
    # Where the weights alone have 8 bits, average pools are computed in float32, as well as can be, and Winograd's sums would be too.
    average_as_convolution: Annotated[AverageAsConvolution | None, PassSpec(stage=Stage.GRAPH, applies_to=EVERY_FILE - _DYNAMIC)] = None
    pad_channels: Annotated[PadChannels | None, PassSpec(stage=Stage.GRAPH)] = None
    # ONNX Runtime computes differences in float32 alone, and has depthwise kernels for 8 bits that cost what the products save (but for VGG-16).
    use_winograd: Annotated[Winograd | None, PassSpec(stage=Stage.GRAPH, applies_to=EVERY_FILE - _DYNAMIC - (_ONNX & _INT8), gives_way=True)] = None
    split_convolutions: Annotated[SplitConvolutions | None, PassSpec(stage=Stage.GRAPH)] = None
    openvino_steps: Annotated[
        bool,
        PassSpec(stage=Stage.RANGES, applies_to=_ONNX & _INT8, own_writer=True, made_for="openvino", only_there=True),
    ] = False
    narrow_weights: Annotated[bool, PassSpec(stage=Stage.INTEGERS, applies_to=_INT8)] = False
    cast_image: Annotated[bool, PassSpec(stage=Stage.TFLITE, applies_to=_TFLITE & _INT8)] = False
    leaky_as_sum: Annotated[bool, PassSpec(stage=Stage.ONNX, applies_to=_ONNX & _INT8)] = False
    openvino_image: Annotated[
        bool,
        PassSpec(stage=Stage.ONNX, applies_to=_ONNX, own_writer=True, made_for="openvino"),
    ] = False

    @property
    def only_for(self) -> str | None:
        """The runtime that a file with these is for, where it is for one alone."""
        return next((each.row.made_for for each in REWRITES if each.row.only_there and each.is_in(self)), None)

    @property
    def made_for(self) -> str | None:
        """The runtime that a file with these is made for, where that is not its format's own; others may open it."""
        return next((each.row.made_for for each in REWRITES if each.row.made_for and each.is_in(self)), None)

    @property
    def by_any_writer(self) -> Rewrites:
        """Those of these rewrites that do not need edgekit's own writer of ONNX."""
        return self.kept(lambda each: not each.row.own_writer)

    def kept(self, keep: Callable[[Rewrite], bool]) -> Rewrites:
        """Return those of these rewrites that are to be kept."""
        return msgspec.structs.replace(self, **{each.field: each.off for each in REWRITES if not keep(each)})

    def for_file(self, kind: Format, precision: Precision) -> Rewrites:
        """Return those of these rewrites that are done to a file of this format and precision."""
        return self.kept(lambda each: (kind, precision) in each.row.applies_to)

    def up_to(self, stage: Stage) -> Rewrites:
        """Return those of these rewrites that are done by the end of a stage."""
        return self.kept(lambda each: each.row.stage.place <= stage.place)


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A field of `Rewrites`: its name there, the name by which files and records know it, its value if it is switched off, and its row."""

    field: str
    name: str
    off: object
    row: PassSpec

    def is_in(self, rewrites: Rewrites) -> bool:
        """Return whether it is switched on."""
        return bool(getattr(rewrites, self.field))


def _rewrite(field: msgspec.structs.FieldInfo) -> Rewrite:
    row = next(note for note in getattr(field.type, "__metadata__", ()) if isinstance(note, PassSpec))
    return Rewrite(field.name, field.encode_name, field.default, row)


REWRITES = tuple(map(_rewrite, msgspec.structs.fields(Rewrites)))


def name_of(field: object) -> str:
    """Return the name by which files and records know a rewrite: ``name_of(Rewrites.use_winograd)``."""
    return next(each.name for each in REWRITES if getattr(Rewrites, each.field) is field)


def giving_way(names: Sequence[str]) -> tuple[str, ...]:
    """Return those of the rewrites of these names that an int8 file does without first, where it loses too much."""
    return tuple(each.name for each in REWRITES if each.row.gives_way and each.name in names)
