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
# What ``strong`` adds: its part of the above, grey levels, a share of the contrast.
_STRONGER = 1.5
_BRIGHTNESS = 30.0
_CONTRAST = 0.4
# What ``figures`` adds: a share of the images as outlines.
_OUTLINED = 0.15
_OTHER_DRAWS = 1 << 32


def augmenter(augment: Augment) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """Return a function of (image float32 (px, px, 3), 0 to 255, key int64 (2,)) that changes the image within that range."""
    return {Augment.NONE: _unchanged, Augment.LIGHT: _light, Augment.STRONG: _strong, Augment.FIGURES: _figures}[augment]


def _unchanged(image: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
    del key
    return image


def _light(image: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
    return _moved(image, tf.random.stateless_uniform((6,), seed=key, minval=-1.0, maxval=1.0))


def _strong(image: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
    draws = tf.random.stateless_uniform((9,), seed=key, minval=-1.0, maxval=1.0)
    image = stroked(_moved(image, _STRONGER * draws[:6]), draws[6])
    mean = tf.reduce_mean(image)
    return tf.clip_by_value((image - mean) * (1 + _CONTRAST * draws[7]) + mean + _BRIGHTNESS * draws[8], 0.0, 255.0)


def _figures(image: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
    chance = tf.random.stateless_uniform((), seed=key + _OTHER_DRAWS)
    return _strong(tf.cond(chance < _OUTLINED, lambda: outlined(image), lambda: image), key)


def _moved(image: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
    """Shift, zoom, turn and shear a little; the border's colour fills what comes in from outside."""
    side = tf.cast(tf.shape(image)[0], tf.float32)
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
    # Interpolation rounds to a little beyond the range.
    return tf.clip_by_value(tf.ensure_shape(moved, image.shape), 0.0, 255.0)


def stroked(image: tf.Tensor, draw: tf.Tensor) -> tf.Tensor:
    """Let what is bright grow (0 to 1), or what is dark (0 to -1), by up to a pixel."""
    sign = tf.sign(draw)
    grown = sign * tf.nn.max_pool2d(sign * image[tf.newaxis], 3, 1, "SAME")[0]
    return image + (grown - image) * tf.abs(draw)


def outlined(image: tf.Tensor) -> tf.Tensor:
    """Draw the edges, dark and up to two pixels wide, on white."""
    grown, shrunk = (sign * tf.nn.max_pool2d(sign * image[tf.newaxis], 3, 1, "SAME")[0] for sign in (1.0, -1.0))
    return 255.0 - (grown - shrunk)
