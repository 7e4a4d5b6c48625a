"""One-dimensional Winograd in Keras, along the image's columns, as in ONNX: tiles that lie one below the other are whole rows.

Of six products B d is strided depthwise convolutions. Of four it is a sum and three differences of rows, which LiteRT computes sooner in 8 bits
(a layer takes 5 to 7 % less), and in float32 about as soon (0 to 4 % more).
"""

from __future__ import annotations

import operator
from functools import partial
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from edgekit.graph.winograd import input_kernels, products_of, transformed, untiled
from edgekit.models.layers import Step, convolved

if TYPE_CHECKING:
    from edgekit.graph import ops
    from edgekit.graph.ops import Floats


def write_winograd(op: ops.Winograd, x: Any, name: str) -> Any:
    """Return what ``op`` gives for ``x``, (batch, height, width, channels): a convolution for each product, between two steps."""
    _, height, width, channels = x.shape
    taps, tile, out = op.kernel.shape[0], op.tile, op.kernel.shape[3]
    products = products_of(tile, taps)
    turn = _in_pairs if products == 4 else partial(_turned, taps=taps, tile=tile)
    turned = Step(turn, [(None, -(-height // tile), width, channels)] * products, f"{name}_rows")(x)
    # The bias goes into the second product, which every output has once.
    m = [
        convolved(value, kernel[np.newaxis], op.bias if index == 1 else None, f"{name}_product_{index}")
        for index, (value, kernel) in enumerate(zip(turned, transformed(op.kernel, tile), strict=True))
    ]
    return Step(lambda parts: _joined(parts, tile, height), (None, height, width, out), name)(m)


def _turned(x: Any, taps: int, tile: int) -> list[Any]:
    """Return B d: what the kernel of each product is convolved with, (batch, tiles, width, channels)."""
    height, products = x.shape[1], products_of(tile, taps)
    beyond = (-(-height // tile) - 1) * tile + products - height
    above = taps // 2
    if beyond // 2 == above and not tf.executing_eagerly():  # as SAME has it, and the convolution needs no image that was padded before
        return [_strided(x, row, tile, "SAME") for row in input_kernels(products)]
    padded = keras.ops.pad(x, ((0, 0), (above, beyond - above), (0, 0), (0, 0)))
    return [_strided(padded, row, tile, "VALID") for row in input_kernels(products)]


def _strided(x: Any, row: Floats, stride: int, padding: str) -> Any:
    """Return each channel convolved with a ``row``, which strides down the image alone.

    The converter takes such strides; on most CPUs TensorFlow itself computes equal ones only, so that outside a graph rows are added.
    """
    if tf.executing_eagerly():
        last = x.shape[1] - len(row) + 1
        return sum(float(factor) * x[:, first : first + last : stride] for first, factor in enumerate(row) if factor)
    kernel = np.tile(row.reshape(-1, 1, 1, 1), (1, 1, x.shape[-1], 1))
    return tf.nn.depthwise_conv2d(x, kernel, (1, stride, 1, 1), padding)


def _in_pairs(x: Any) -> list[Any]:
    """Return B d of tiles of two pixels and three taps, as `input_kernels` has it for four products. A reshape makes every other row a slice."""
    _, height, width, channels = x.shape
    tiles = -(-height // 2)
    padded = keras.ops.pad(x, ((0, 0), (1, 1 + height % 2), (0, 0), (0, 0)))
    pairs = keras.ops.reshape(padded, (-1, tiles + 1, 2 * width, channels))
    d0, d1 = (pairs[:, :tiles, first : first + width] for first in (0, width))
    d2, d3 = (pairs[:, 1:, first : first + width] for first in (0, width))
    return [d0 - d2, d1 + d2, d2 - d1, d3 - d1]


def _joined(products: list[Any], tile: int, height: int) -> Any:
    """Return what the products, (batch, tiles, width, channels), come to: one image of ``height``."""
    rows = untiled(products, tile, folded=lambda a, b: (a + b, a - b), add=operator.add, times=operator.mul)
    _, tiles, width, channels = rows[0].shape
    image = keras.ops.reshape(keras.ops.concatenate(rows, axis=2), (-1, tiles * tile, width, channels))
    return image if tiles * tile == height else image[:, :height]
