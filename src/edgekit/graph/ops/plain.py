"""Ops without weights: the input, activations, pools, and what moves pixels and channels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from edgekit.graph.ops.shape import KeepsShape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.graph.ops.shape import Shape
    from edgekit.graph.ops.zeros import Padding


class PoolKind(StrEnum):
    """What a pool keeps of its window; an average leaves out the padding."""

    MAX = "max"
    AVERAGE = "average"


@dataclass(frozen=True, eq=False, slots=True)
class Input:
    """The resized image: float32 (px, px, 3), RGB 0 to 255."""

    px: int

    def output_shape(self, sources: Sequence[Shape]) -> Shape:
        """Return the image, with its channels."""
        return (self.px, self.px, 3)


@dataclass(frozen=True, eq=False, slots=True)
class Leaky(KeepsShape):
    """x where it is positive, else ``slope`` · x; a slope of 0 is ReLU."""

    slope: float


@dataclass(frozen=True, eq=False, slots=True)
class Clip(KeepsShape):
    """x, but 0 at least and ``most`` at most: ReLU6."""

    most: float


@dataclass(frozen=True, eq=False, slots=True)
class Pool:
    """A pool of ``size`` × ``size`` windows."""

    kind: PoolKind
    size: int
    stride: int
    padding: Padding

    def output_shape(self, sources: Sequence[Shape]) -> Shape:
        """Return as many places as the window takes."""
        height, width, channels = sources[0]
        return (self.padding.out(height, self.size, self.stride), self.padding.out(width, self.size, self.stride), channels)


@dataclass(frozen=True, eq=False, slots=True)
class GlobalAverage:
    """The mean of each channel: (height, width, channels) to (channels,), or to an image of one pixel."""

    as_image: bool = False

    def output_shape(self, sources: Sequence[Shape]) -> Shape:
        """Return the channels, or one pixel of them."""
        return (1, 1, sources[0][-1]) if self.as_image else sources[0][-1:]


@dataclass(frozen=True, eq=False, slots=True)
class Flatten:
    """(height, width, channels) to (height · width · channels,), channels last."""

    def output_shape(self, sources: Sequence[Shape]) -> Shape:
        """Return one number of features."""
        return (math.prod(sources[0]),)


@dataclass(frozen=True, eq=False, slots=True)
class Concat:
    """All inputs one after the other, along the channels."""

    def output_shape(self, sources: Sequence[Shape]) -> Shape:
        """Return the first input with the channels of all."""
        return (*sources[0][:-1], sum(source[-1] for source in sources))


@dataclass(frozen=True, eq=False, slots=True)
class Add(KeepsShape):
    """The sum of two inputs of one shape."""


@dataclass(frozen=True, eq=False, slots=True)
class Pad:
    """Zeros around an image: so many before and after its ``rows``, and its ``columns``."""

    rows: tuple[int, int]
    columns: tuple[int, int]

    def output_shape(self, sources: Sequence[Shape]) -> Shape:
        """Return the image with its zeros."""
        height, width, channels = sources[0]
        return (height + sum(self.rows), width + sum(self.columns), channels)


@dataclass(frozen=True, eq=False, slots=True)
class SpaceToDepth:
    """Blocks of ``block`` × ``block`` pixels become channels, in the order (row, column, channel)."""

    block: int

    def output_shape(self, sources: Sequence[Shape]) -> Shape:
        """Return fewer pixels of more channels."""
        height, width, channels = sources[0]
        return (height // self.block, width // self.block, channels * self.block**2)


@dataclass(frozen=True, eq=False, slots=True)
class DepthToSpace:
    """Channels in the order (row, column, channel) become blocks of ``block`` × ``block`` pixels."""

    block: int

    def output_shape(self, sources: Sequence[Shape]) -> Shape:
        """Return more pixels of fewer channels."""
        height, width, channels = sources[0]
        return (height * self.block, width * self.block, channels // self.block**2)


@dataclass(frozen=True, eq=False, slots=True)
class Softmax(KeepsShape):
    """Softmax over the channels."""
