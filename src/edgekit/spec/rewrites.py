"""The rewrites that an export may get, each with its thresholds: what a table of a tuning may have."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

_Positive = msgspec.Meta(gt=0)


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
    """The rewrites for one format and kind of arithmetic. What is done to the network is explained in a file each of `edgekit.passes`.

    The others are done to the file, and are these.

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
    four_pixels_at_once: bool = False
    norm_as_convolution: NormAsConvolution | None = None
    average_as_convolution: AverageAsConvolution | None = None
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


def on_graph(rewrites: Rewrites, *, weights_alone: bool) -> Rewrites:
    """Return the rewrites without those that are done to a TFLite file.

    Where the ``weights_alone`` have 8 bits, average pools are computed in float32, as well as can be, and Winograd, whose sums
    would be too, is left out.
    """
    graph = msgspec.structs.replace(rewrites, narrow_weights=False, cast_image=False)
    return msgspec.structs.replace(graph, average_as_convolution=None, use_winograd=None) if weights_alone else graph


def on_tflite(rewrites: Rewrites) -> Rewrites:
    """Return the rewrites without those that are done to the ONNX file alone that is made of a TFLite file."""
    return msgspec.structs.replace(rewrites, leaky_as_sum=False, openvino_image=False)
