"""What Keras' layers do to an image of any size, by operators that every format has: crops and pads to an aspect ratio, and resizes.

Extents, and where a crop begins, are computed as Keras computes them (3.15, ``keras.ops.image.resize``): in float32, cut off to
whole numbers. Of an image of any size, what is cropped or padded is gathered by its rows and its columns: only values hang on its
size, no operator's shape does, since runtimes leave graphs with such shapes to their slowest kernels.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import keras
import numpy as np
import tensorflow as tf

_BUILT_IN = ("bilinear",)  # runtimes have the nearest neighbour too, but not the same one


class Aspect(StrEnum):
    """What happens to an image of another aspect ratio than is asked for."""

    STRETCH = "stretched"
    CROP = "cropped"
    PAD = "padded"
    CENTRE = "cropped in its centre"


@dataclass(frozen=True, slots=True)
class Resize:
    """A resize to ``height`` × ``width``. ``CENTRE`` takes the pixels in the middle as they are, and crops only images that are too small."""

    name: str
    height: int
    width: int
    aspect: Aspect = Aspect.STRETCH
    interpolation: str = "bilinear"
    antialias: bool = False
    fill: float = 0.0

    @property
    def has_operator(self) -> bool:
        """Whether the interpolation is one that every runtime has an operator for."""
        return self.interpolation in _BUILT_IN and not self.antialias

    @property
    def is_plain(self) -> bool:
        """Whether it is one such operator, and nothing else."""
        return self.has_operator and self.aspect is Aspect.STRETCH

    @property
    def told(self) -> str:
        """The resize in words."""
        how = "" if self.interpolation == "bilinear" else f", {self.interpolation}"
        smooth = "antialiased" if self.antialias else "no antialias"
        return f"the model's own layer {self.name}: {self.aspect.value} to {self.height} × {self.width} px{how}, half-pixel centres, {smooth}"


@dataclass(frozen=True, slots=True)
class _Box:
    """The part of an image that is resized, along one axis: ``extent`` pixels from ``start`` on, which is below zero for a pad."""

    start: Any
    extent: Any


def resized(x: Any, how: Resize) -> Any:
    """Return float32 (batch, ``height``, ``width``, channels) of an image (batch, any, any, channels), as TensorFlow's operators.

    An image of a size that is known is cropped or padded by itself, and resized by an operator, or by products of matrices.
    """
    if None not in x.shape[1:3]:
        rows, columns = _boxes(int(x.shape[1]), int(x.shape[2]), how)
        return _resized_whole(_boxed(x, rows, columns, how), how)
    if how.aspect is Aspect.STRETCH:
        return _resized_whole(x, how)
    sides = tf.shape(x)[1], tf.shape(x)[2]
    rows, columns = _boxes(*sides, how)
    wide = _gathered(x, 1, sides[0], rows, how.height, how)
    return _gathered(wide, 2, sides[1], columns, how.width, how)


def _resized_whole(x: Any, how: Resize) -> Any:
    return tf.image.resize(x, (how.height, how.width), method=how.interpolation) if how.has_operator else _multiplied(x, how)


def _boxes(height: Any, width: Any, how: Resize) -> tuple[_Box, _Box]:
    """Return what of the rows and the columns is resized; of sides that are known, in whole numbers of Python."""
    if how.aspect is Aspect.STRETCH:
        return _Box(0, height), _Box(0, width)
    if how.aspect is Aspect.PAD:
        rows = _half(_most(height, _share(width, how.height, how.width)) - height)
        columns = _half(_most(width, _share(height, how.width, how.height)) - width)
        return _Box(-rows, height + 2 * rows), _Box(-columns, width + 2 * columns)
    crop_height = _most(_least(height, _share(width, how.height, how.width)), 1)
    crop_width = _most(_least(width, _share(height, how.width, how.height)), 1)
    cropped = _Box(_half(height - crop_height), crop_height), _Box(_half(width - crop_width), crop_width)
    if how.aspect is Aspect.CROP:
        return cropped
    # 1 where the image has the pixels that are asked for, else 0: chosen by arithmetic, since not every runtime chooses scalars.
    enough = _most(_least(_least(height - how.height, width - how.width), 0) + 1, 0)
    rows = _chosen(enough, _Box((height - how.height) // 2, how.height), cropped[0])
    return rows, _chosen(enough, _Box((width - how.width) // 2, how.width), cropped[1])


def _chosen(enough: Any, whole: _Box, other: _Box) -> _Box:
    return _Box(enough * whole.start + (1 - enough) * other.start, enough * whole.extent + (1 - enough) * other.extent)


def _most(one: Any, other: Any) -> Any:
    return max(one, other) if isinstance(one, int) and isinstance(other, int) else tf.maximum(one, other)


def _least(one: Any, other: Any) -> Any:
    return min(one, other) if isinstance(one, int) and isinstance(other, int) else tf.minimum(one, other)


def _share(extent: Any, wanted: int, other: int) -> Any:
    """Return ``extent`` · ``wanted`` / ``other``, as Keras rounds it."""
    if isinstance(extent, int):
        return int(np.float32(extent * wanted) / np.float32(other))
    return tf.cast(tf.cast(extent * wanted, "float32") / other, "int32")


def _half(extent: Any) -> Any:
    return extent // 2 if isinstance(extent, int) else tf.cast(tf.cast(extent, "float32") / 2, "int32")


def _gathered(x: Any, axis: int, side: Any, box: _Box, places: int, how: Resize) -> Any:
    """Resize along one axis: two neighbours of each place, and the weight of the second; what lies outside counts as ``fill``."""
    scale = tf.cast(box.extent, "float32") / places
    position = (np.arange(places, dtype=np.float32) + np.float32(0.5)) * scale - 0.5
    low = tf.floor(position)
    weight = _along(position - low, axis)
    first, second = (_taken(x, axis, side, box, place, how) for place in (low, low + 1))
    return first + (second - first) * weight


def _taken(x: Any, axis: int, side: Any, box: _Box, place: Any, how: Resize) -> Any:
    """Return the rows, or columns, at ``place`` of the box."""
    last = tf.cast(box.extent, "float32") - 1
    index = tf.cast(tf.minimum(tf.maximum(place, 0.0), last), "int32") + box.start
    inside = tf.minimum(tf.maximum(index, 0), side - 1)
    taken = tf.gather(x, inside, axis=axis)
    if how.aspect is not Aspect.PAD:
        return taken
    # 1 for a place in the image, 0 for one that is padded.
    kept = _along(1 - tf.minimum(tf.cast(tf.abs(index - inside), "float32"), 1.0), axis)
    return (taken - how.fill) * kept + how.fill


def _along(values: Any, axis: int) -> Any:
    return tf.reshape(values, (1, -1, 1, 1) if axis == 1 else (1, 1, -1, 1))


def _boxed(x: Any, rows: _Box, columns: _Box, how: Resize) -> Any:
    """Return the part of an image of a known size that is resized."""
    top, height, left, width = rows.start, rows.extent, columns.start, columns.extent
    if (top, left, height, width) == (0, 0, x.shape[1], x.shape[2]):
        return x
    if how.aspect is Aspect.PAD:
        around = [[0, 0], [-top, -top], [-left, -left], [0, 0]]
        return tf.pad(x, around, constant_values=how.fill)
    return x[:, top : top + height, left : left + width, :]


def _multiplied(x: Any, how: Resize) -> Any:
    """Resize an image of a known size by two products of matrices: what each row, and each column, is made of."""
    _, height, width, channels = x.shape
    rows, columns = matrix(height, how.height, how), matrix(width, how.width, how)
    tall = tf.matmul(rows[np.newaxis], tf.reshape(x, (-1, height, width * channels)))
    turned = tf.transpose(tf.reshape(tall, (-1, how.height, width, channels)), (0, 2, 1, 3))
    both = tf.matmul(columns[np.newaxis], tf.reshape(turned, (-1, width, how.height * channels)))
    return tf.transpose(tf.reshape(both, (-1, how.width, how.height, channels)), (0, 2, 1, 3))


def matrix(before: int, after: int, how: Resize) -> Any:
    """Return float32 (after, before): of which pixels each one is made along an axis, as Keras answers for each pixel alone."""
    pixels = np.eye(before, dtype=np.float32)[np.newaxis, :, np.newaxis, :]
    with tf.init_scope():  # a value, also where a graph is being traced
        made = keras.ops.image.resize(pixels, (after, 1), how.interpolation, how.antialias, data_format="channels_last")
        return np.asarray(made)[0, :, 0, :]
