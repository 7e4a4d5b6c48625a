"""Ops with weights: convolutions, fully connected layers, and one or two numbers a channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from edgekit.graph.ops.shape import KeepsShape
from edgekit.graph.ops.zeros import Around, Padding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.graph.ops.shape import Shape

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False, slots=True)
class _Sliding:
    """A kernel that takes its places on an image."""

    kernel: Floats
    bias: Floats
    stride: int = 1
    padding: Padding | Around = Padding.SAME

    def output_shape(self, sources: Sequence[Shape]) -> Shape:
        """Return as many places as the kernel takes, of as many channels as it gives."""
        height, width = (self.padding.out(extent, size, self.stride) for extent, size in zip(sources[0][:2], self.kernel.shape[:2], strict=True))
        return (height, width, self.kernel.shape[-1])


@dataclass(frozen=True, eq=False, slots=True)
class Conv(_Sliding):
    """Convolution: kernel float32 (height, width, in, out), bias float32 (out,)."""


@dataclass(frozen=True, eq=False, slots=True)
class Depthwise(_Sliding):
    """Depthwise convolution: kernel float32 (height, width, channels), bias float32 (channels,)."""


@dataclass(frozen=True, eq=False, slots=True)
class Winograd:
    """A 3 × 3 or 5 × 5 convolution of stride 1 with ``SAME`` padding, computed by one-dimensional Winograd in tiles of ``tile`` pixels."""

    kernel: Floats
    bias: Floats
    tile: int

    def output_shape(self, sources: Sequence[Shape]) -> Shape:
        """Return an image as large, of as many channels as there are kernels."""
        return (*sources[0][:-1], self.kernel.shape[-1])


@dataclass(frozen=True, eq=False, slots=True)
class Dense:
    """Fully connected layer: kernel float32 (in, out), bias float32 (out,)."""

    kernel: Floats
    bias: Floats

    def output_shape(self, sources: Sequence[Shape]) -> Shape:
        """Return as many features as the kernel gives."""
        return (*sources[0][:-1], self.kernel.shape[-1])


@dataclass(frozen=True, eq=False, slots=True)
class DenseStandIn:
    """A fully connected layer whose kernel (``inputs``, ``outputs``) has one ``value`` throughout, and stands for another."""

    value: float
    inputs: int
    outputs: int
    bias: Floats

    def output_shape(self, sources: Sequence[Shape]) -> Shape:
        """Return as many features as the kernel gives."""
        return (*sources[0][:-1], self.outputs)


@dataclass(frozen=True, eq=False, slots=True)
class Affine(KeepsShape):
    """``scale`` · x + ``shift``, float32 (channels,) each: a batch norm with its statistics fixed."""

    scale: Floats
    shift: Floats


@dataclass(frozen=True, eq=False, slots=True)
class Shift(KeepsShape):
    """x + ``values``, float32 (channels,)."""

    values: Floats


@dataclass(frozen=True, eq=False, slots=True)
class LeakyByChannel(KeepsShape):
    """Leaky ReLU with a slope a channel, float32 (channels,): PReLU."""

    slopes: Floats
