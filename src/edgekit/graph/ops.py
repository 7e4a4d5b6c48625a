"""What a graph is made of. Images are NHWC; every array is NumPy, and belongs to the op that holds it.

An op is data: how it is computed is the business of `rebuild` (Keras) and `onnx` (ONNX), each in one place.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]


class Padding(StrEnum):
    """What stands around an image: zeros until the output has the input's size over the stride, or nothing."""

    SAME = "same"
    VALID = "valid"

    def before_after(self, extent: int, kernel: int, stride: int) -> tuple[int, int]:
        """Return the zeros before and after ``extent`` pixels, as TensorFlow puts them: an odd one comes after."""
        if self is Padding.VALID:
            return 0, 0
        total = max((self.out(extent, kernel, stride) - 1) * stride + kernel - extent, 0)
        return total // 2, total - total // 2

    def out(self, extent: int, kernel: int, stride: int) -> int:
        """Return how many places a kernel takes along ``extent`` pixels."""
        return -(-extent // stride) if self is Padding.SAME else (extent - kernel) // stride + 1


@dataclass(frozen=True, slots=True)
class Around:
    """So many zeros before and after an image, along its rows as along its columns."""

    before: int
    after: int

    def before_after(self, extent: int, kernel: int, stride: int) -> tuple[int, int]:
        """Return the zeros before and after, which are the same for any ``extent``."""
        return self.before, self.after

    def out(self, extent: int, kernel: int, stride: int) -> int:
        """Return how many places a kernel takes along ``extent`` pixels."""
        return (extent + self.before + self.after - kernel) // stride + 1


class PoolKind(StrEnum):
    """What a pool keeps of its window; an average leaves out the padding."""

    MAX = "max"
    AVERAGE = "average"


@dataclass(frozen=True, eq=False, slots=True)
class Input:
    """The resized image: float32 (px, px, 3), RGB 0 to 255."""

    px: int


@dataclass(frozen=True, eq=False, slots=True)
class Conv:
    """Convolution: kernel float32 (height, width, in, out), bias float32 (out,)."""

    kernel: Floats
    bias: Floats
    stride: int = 1
    padding: Padding | Around = Padding.SAME


@dataclass(frozen=True, eq=False, slots=True)
class Depthwise:
    """Depthwise convolution: kernel float32 (height, width, channels), bias float32 (channels,)."""

    kernel: Floats
    bias: Floats
    stride: int = 1
    padding: Padding | Around = Padding.SAME


@dataclass(frozen=True, eq=False, slots=True)
class Winograd:
    """A 3 × 3 or 5 × 5 convolution of stride 1 with ``SAME`` padding, computed by one-dimensional Winograd in tiles of ``tile`` pixels."""

    kernel: Floats
    bias: Floats
    tile: int


@dataclass(frozen=True, eq=False, slots=True)
class Dense:
    """Fully connected layer: kernel float32 (in, out), bias float32 (out,)."""

    kernel: Floats
    bias: Floats


@dataclass(frozen=True, eq=False, slots=True)
class DenseStandIn:
    """A fully connected layer whose kernel (``inputs``, ``outputs``) has one ``value`` throughout, and stands for another."""

    value: float
    inputs: int
    outputs: int
    bias: Floats


@dataclass(frozen=True, eq=False, slots=True)
class Affine:
    """``scale`` · x + ``shift``, float32 (channels,) each: a batch norm with its statistics fixed."""

    scale: Floats
    shift: Floats


@dataclass(frozen=True, eq=False, slots=True)
class Shift:
    """x + ``values``, float32 (channels,)."""

    values: Floats


@dataclass(frozen=True, eq=False, slots=True)
class Leaky:
    """x where it is positive, else ``slope`` · x; a slope of 0 is ReLU."""

    slope: float


@dataclass(frozen=True, eq=False, slots=True)
class Clip:
    """x, but 0 at least and ``most`` at most: ReLU6."""

    most: float


@dataclass(frozen=True, eq=False, slots=True)
class LeakyByChannel:
    """Leaky ReLU with a slope a channel, float32 (channels,): PReLU."""

    slopes: Floats


@dataclass(frozen=True, eq=False, slots=True)
class Pool:
    """A pool of ``size`` × ``size`` windows."""

    kind: PoolKind
    size: int
    stride: int
    padding: Padding


@dataclass(frozen=True, eq=False, slots=True)
class GlobalAverage:
    """The mean of each channel: (height, width, channels) to (channels,), or to an image of one pixel."""

    as_image: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Flatten:
    """(height, width, channels) to (height · width · channels,), channels last."""


@dataclass(frozen=True, eq=False, slots=True)
class Concat:
    """All inputs one after the other, along the channels."""


@dataclass(frozen=True, eq=False, slots=True)
class Add:
    """The sum of two inputs of one shape."""


@dataclass(frozen=True, eq=False, slots=True)
class Pad:
    """Zeros around an image: so many before and after its ``rows``, and its ``columns``."""

    rows: tuple[int, int]
    columns: tuple[int, int]


@dataclass(frozen=True, eq=False, slots=True)
class SpaceToDepth:
    """Blocks of ``block`` × ``block`` pixels become channels, in the order (row, column, channel)."""

    block: int


@dataclass(frozen=True, eq=False, slots=True)
class DepthToSpace:
    """Channels in the order (row, column, channel) become blocks of ``block`` × ``block`` pixels."""

    block: int


@dataclass(frozen=True, eq=False, slots=True)
class Softmax:
    """Softmax over the channels."""


@dataclass(frozen=True, eq=False, slots=True)
class Opaque:
    """A Keras operation that no pass knows: it is left alone, and called as it was.

    ``arguments`` are what it was called with (Keras' ``SymbolicArguments``); it gives ``shapes``, one for each output.
    """

    operation: Any
    arguments: Any
    shapes: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, eq=False, slots=True)
class Output:
    """One output of an `Opaque` that may have several."""

    index: int


Op = (
    Input
    | Conv
    | Depthwise
    | Winograd
    | Dense
    | DenseStandIn
    | Affine
    | Shift
    | Leaky
    | Clip
    | LeakyByChannel
    | Pool
    | GlobalAverage
    | Flatten
    | Concat
    | Add
    | Pad
    | SpaceToDepth
    | DepthToSpace
    | Softmax
    | Opaque
    | Output
)
