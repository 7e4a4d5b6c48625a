"""One-dimensional Winograd in Keras, along the image's rows: channels last, tiles that lie side by side are joined by a reshape."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from edgekit.export.graph.keras_layers import Step, convolved
from edgekit.export.graph.winograd import input_kernels, products_of, transformed, untiled

if TYPE_CHECKING:
    from edgekit.export.graph import ops
    from edgekit.export.graph.ops import Floats


def write_winograd(op: ops.Winograd, x: Any, name: str) -> Any:
    """Return what ``op`` gives for ``x``, (batch, height, width, channels): a convolution for each product, between two steps."""
    _, height, width, channels = x.shape
    taps, tile, out = op.kernel.shape[1], op.tile, op.kernel.shape[3]
    products = products_of(tile, taps)
    turned = Step(lambda image: _turned(image, taps, tile), [(None, height, -(-width // tile), channels)] * products, f"{name}_columns")(x)
    # The bias goes into the second product, which every output has once.
    m = [
        convolved(value, kernel[:, np.newaxis], op.bias if index == 1 else None, f"{name}_product_{index}")
        for index, (value, kernel) in enumerate(zip(turned, transformed(op.kernel, tile), strict=True))
    ]
    return Step(lambda parts: _joined(parts, tile, width), (None, height, width, out), name)(m)


def _turned(x: Any, taps: int, tile: int) -> list[Any]:
    """Return B d: what the kernel of each product is convolved with, (batch, height, tiles, channels)."""
    width, products = x.shape[2], products_of(tile, taps)
    beyond = (-(-width // tile) - 1) * tile + products - width
    before = taps // 2
    if beyond // 2 == before:  # as SAME has it, and the convolution needs no image that was padded before
        return [_strided(x, row, tile, "SAME") for row in input_kernels(products)]
    padded = keras.ops.pad(x, ((0, 0), (0, 0), (before, beyond - before), (0, 0)))
    return [_strided(padded, row, tile, "VALID") for row in input_kernels(products)]


def _strided(x: Any, row: Floats, stride: int, padding: str) -> Any:
    """Return each channel convolved with a ``row``, which strides along the image's rows alone.

    The converter takes such strides; on most CPUs TensorFlow itself computes equal ones only. Outside a graph each of the image's rows is
    an image of its own, and so the strides are equal.
    """
    _, height, width, channels = x.shape
    kernel = np.tile(row.reshape(1, -1, 1, 1), (1, 1, channels, 1))
    if not tf.executing_eagerly():
        return tf.nn.depthwise_conv2d(x, kernel, (1, 1, stride, 1), padding)
    rows = tf.nn.depthwise_conv2d(tf.reshape(x, (-1, 1, width, channels)), kernel, (1, stride, stride, 1), padding)
    return tf.reshape(rows, (-1, height, rows.shape[2], channels))


def _joined(products: list[Any], tile: int, width: int) -> Any:
    """Return what the products, (batch, height, tiles, channels), come to: one image of ``width``."""
    columns = untiled(products, tile, folded=lambda a, b: (a + b, a - b), add=operator.add, times=operator.mul)
    joined = keras.ops.concatenate(columns, axis=-1)
    _, height, tiles, _ = joined.shape
    image = keras.ops.reshape(joined, (-1, height, tiles * len(columns), joined.shape[-1] // len(columns)))
    return image if tiles * len(columns) == width else image[:, :, :width]
