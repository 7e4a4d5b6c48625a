"""The graph's resize in NumPy: bilinear, half-pixel centres, no antialias.

For bringing an image to a declared size before timing, and as an independent reference in tests; deployed graphs
resize by themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgekit.spec.tensor import TensorSpec


def resize(pixels: NDArray[np.uint8], height_px: int, width_px: int) -> NDArray[np.float32]:
    """Return float32 (height_px, width_px, 3), 0 to 255, from uint8 (height, width, 3)."""
    rows = _interpolation(pixels.shape[0], height_px)
    columns = _interpolation(pixels.shape[1], width_px)
    values = pixels.astype(np.float32)
    tall = _blend(values, rows, axis=0)
    return _blend(tall, columns, axis=1)


def resize_to_uint8(pixels: NDArray[np.uint8], height_px: int, width_px: int) -> NDArray[np.uint8]:
    """Return uint8 (height_px, width_px, 3), rounded to the nearest grey level; unchanged if it has that size already."""
    if pixels.shape[:2] == (height_px, width_px):
        return pixels
    return np.rint(resize(pixels, height_px, width_px)).astype(np.uint8)


def as_input(pixels: NDArray[np.uint8], spec: TensorSpec) -> NDArray[np.uint8]:
    """Return uint8 (1, height, width, 3): the picture itself, or brought to the size that a fixed-size input asks for."""
    _, height, width, _ = spec.shape
    return (pixels if height < 0 else resize_to_uint8(pixels, height, width))[np.newaxis]


def _interpolation(source: int, target: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """Return the two neighbours of each target position and the weight of the upper one."""
    position = (np.arange(target) + 0.5) * (source / target) - 0.5
    lower = np.floor(position)
    weight = (position - lower).astype(np.float32)
    clipped = np.clip(lower, 0, source - 1).astype(np.intp)
    upper = np.clip(lower + 1, 0, source - 1).astype(np.intp)
    return clipped, upper, weight


def _blend(values: NDArray[np.float32], plan: tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]], *, axis: int) -> NDArray[np.float32]:
    lower, upper, weight = plan
    shape = [1, 1, 1]
    shape[axis] = len(weight)
    low, high = np.take(values, lower, axis=axis), np.take(values, upper, axis=axis)
    blended: NDArray[np.float32] = low + (high - low) * weight.reshape(shape)
    return blended
