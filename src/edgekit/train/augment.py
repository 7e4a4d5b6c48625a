"""Random changes of training images. Each depends on (seed, epoch, image) alone, so a run can be repeated."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import tensorflow as tf

from edgekit.spec.recipe import Augment

if TYPE_CHECKING:
    from collections.abc import Callable

_SHIFT = 0.08
_ZOOM = 0.2
_ROTATION = math.radians(12)
_SHEAR = 0.2


def augmenter(augment: Augment) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """Return a function of (image float32 (px, px, 3), key int64 (2,)) that changes the image."""
    return {Augment.NONE: _unchanged, Augment.LIGHT: _light}[augment]


def _unchanged(image: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
    del key
    return image


def _light(image: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
    """Shift, zoom, turn and shear a little; the border's colour fills what comes in from outside."""
    side = tf.cast(tf.shape(image)[0], tf.float32)
    draws = tf.random.stateless_uniform((6,), seed=key, minval=-1.0, maxval=1.0)
    angle, shear = draws[0] * _ROTATION, draws[1] * _SHEAR
    zoom_x, zoom_y = 1 + draws[2] * _ZOOM, 1 + draws[3] * _ZOOM
    shift_x, shift_y = draws[4] * _SHIFT * side, draws[5] * _SHIFT * side
    a, b = tf.cos(angle) * zoom_x, (-tf.sin(angle) + shear) * zoom_y
    c, d = tf.sin(angle) * zoom_x, tf.cos(angle) * zoom_y
    centre = (side - 1) / 2
    offset_x = centre - a * centre - b * centre + shift_x
    offset_y = centre - c * centre - d * centre + shift_y
    moved = tf.raw_ops.ImageProjectiveTransformV3(
        images=image[tf.newaxis],
        transforms=tf.stack([a, b, offset_x, c, d, offset_y, 0.0, 0.0])[tf.newaxis],
        output_shape=tf.shape(image)[:2],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="NEAREST",
    )[0]
    return tf.ensure_shape(moved, image.shape)
