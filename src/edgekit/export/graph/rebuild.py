"""A graph written as a Keras model again: what TensorFlow's converter takes, and how a graph can be computed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import layers

from edgekit.export.graph import ops
from edgekit.export.graph.calls import make_names_distinct
from edgekit.export.graph.winograd import transformed

if TYPE_CHECKING:
    from edgekit.export.graph.graph import Graph
    from edgekit.export.graph.ops import Floats

# XNNPACK adds a vector to few channels slowly: there the vector is repeated along the row, and the row taken for one pixel.
_FEW_CHANNELS = 64


def rebuild(graph: Graph) -> keras.Model:
    """Return a Keras model, float32 (batch, px, px, 3) to the graph's output."""
    values: dict[str, Any] = {}
    for name, node in graph.nodes.items():
        if isinstance(node.op, ops.Input):
            values[name] = keras.Input((node.op.px, node.op.px, 3), name=name)
        else:
            values[name] = _written(node.op, name, [values[source] for source in node.inputs])
    image = next(values[name] for name, node in graph.nodes.items() if isinstance(node.op, ops.Input))
    make_names_distinct(values[graph.output])
    return keras.Model(image, values[graph.output], name="network")


def _written(op: ops.Op, name: str, sources: list[Any]) -> Any:  # noqa: C901 (a case for each op)
    x = sources[0]
    match op:
        case ops.Conv(kernel, bias, stride, padding):
            return _conv(x, kernel, bias, name, stride=stride, padding=padding)
        case ops.Depthwise(kernel, bias, stride, padding):
            layer = layers.DepthwiseConv2D(kernel.shape[:2], stride, padding.value, depthwise_initializer="zeros", name=name)
            return _with_weights(layer, x, kernel[..., np.newaxis], bias)
        case ops.Winograd(kernel, bias, tile):
            return (_f23 if tile == 2 else _f43)(x, transformed(kernel, tile), bias, name)
        case ops.Dense(kernel, bias):
            return _with_weights(layers.Dense(kernel.shape[1], kernel_initializer="zeros", name=name), x, kernel, bias)
        case ops.Affine(scale, shift):
            return keras.ops.add(keras.ops.multiply(x, scale), shift)
        case ops.Shift(values):
            return _shifted(x, values)
        case ops.Leaky(slope):
            return layers.LeakyReLU(slope, name=name)(x) if slope else layers.ReLU(name=name)(x)
        case ops.LeakyByChannel(slopes):
            shared = list(range(1, len(x.shape) - 1))
            return _with_weights(layers.PReLU(shared_axes=shared, name=name), x, slopes.reshape((*([1] * len(shared)), -1)))
        case ops.Pool(kind, size, stride, padding):
            make = layers.MaxPooling2D if kind is ops.PoolKind.MAX else layers.AveragePooling2D
            return make(size, stride, padding.value, name=name)(x)
        case ops.Opaque(operation, arguments):
            given = {id(tensor): value for tensor, value in zip(arguments.keras_tensors, sources, strict=True)}
            args, kwargs = arguments.fill_in(given)
            return operation(*args, **kwargs)
        case ops.Output(index):
            return x[index]
        case ops.Concat() | ops.Add():
            return _PLAIN[type(op)](name=name)(sources)
        case ops.SpaceToDepth(block):
            return SpaceToDepth(block, name=name)(x)
        case _:
            return _PLAIN[type(op)](name=name)(x)


_PLAIN: dict[type, type[layers.Layer]] = {
    ops.GlobalAverage: layers.GlobalAveragePooling2D,
    ops.Flatten: layers.Flatten,
    ops.Concat: layers.Concatenate,
    ops.Add: layers.Add,
    ops.Softmax: layers.Softmax,
}


class SpaceToDepth(layers.Layer):
    """Blocks of pixels as channels, as TensorFlow orders them: the converter knows this op, and it moves memory only."""

    def __init__(self, block: int, **options: Any) -> None:
        super().__init__(**options)
        self._block = block

    def call(self, x: Any) -> Any:
        """Return (batch, height / block, width / block, channels · block²)."""
        import tensorflow as tf

        return tf.nn.space_to_depth(x, self._block)

    def compute_output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of what `call` gives."""
        batch, height, width, channels = input_shape
        return (batch, height // self._block, width // self._block, channels * self._block**2)


def _with_weights(layer: layers.Layer, x: Any, *weights: Floats) -> Any:
    y = layer(x)
    layer.set_weights(list(weights))
    return y


def _conv(x: Any, kernel: Floats, bias: Floats | None, name: str, *, stride: int = 1, padding: ops.Padding = ops.Padding.SAME) -> Any:
    biases = [bias] if bias is not None and bias.any() else []
    layer = layers.Conv2D(kernel.shape[-1], kernel.shape[:2], stride, padding.value, use_bias=bool(biases), kernel_initializer="zeros", name=name)
    return _with_weights(layer, x, kernel, *biases)


def _shifted(x: Any, values: Floats) -> Any:
    if len(x.shape) != 4 or x.shape[-1] > _FEW_CHANNELS:
        return keras.ops.add(x, values)
    _, height, width, channels = x.shape
    rows = keras.ops.reshape(x, (-1, height, width * channels))
    return keras.ops.reshape(keras.ops.add(rows, np.tile(values, width)), (-1, height, width, channels))


def _columns(x: Any, tile: int) -> list[Any]:
    """Return every tile's ``tile + 2`` columns, each (batch, height, tiles, channels): slices of a reshape, which cost a copy at most.

    Column j of a tile that begins at pixel t is pixel t + j − 1, zeros beyond the edges.
    """
    _, height, width, channels = x.shape
    tiles = -(-width // tile)
    padded = keras.ops.pad(x, ((0, 0), (0, 0), (1, (tiles + 1) * tile - width - 1), (0, 0)))
    rows = keras.ops.reshape(padded, (-1, height, tiles + 1, tile * channels))
    here = [rows[:, :, :-1, j * channels : (j + 1) * channels] for j in range(tile)]
    return [*here, *(rows[:, :, 1:, j * channels : (j + 1) * channels] for j in range(2))]


def _untiled(parts: list[Any], width: int) -> Any:
    """Return the tiles' outputs, ``parts`` of (batch, height, tiles, channels), as one image of ``width``."""
    joined = keras.ops.concatenate(parts, axis=-1)
    _, height, tiles, _ = joined.shape
    image = keras.ops.reshape(joined, (-1, height, tiles * len(parts), joined.shape[-1] // len(parts)))
    return image if tiles * len(parts) == width else image[:, :, :width]


def _f23(x: Any, kernels: Floats, bias: Floats, name: str) -> Any:
    d0, d1, d2, d3 = _columns(x, 2)
    along = partial(_products, kernels, name)
    m0, m1, m2, m3 = along([d0 - d2, d1 + d2, d2 - d1, d3 - d1], bias)
    return _untiled([m0 + (m1 + m2), m3 + (m1 - m2)], x.shape[2])


def _f43(x: Any, kernels: Floats, bias: Floats, name: str) -> Any:
    d0, d1, d2, d3, d4, d5 = _columns(x, 4)
    even, odd = d4 - 4 * d2, d3 - 4 * d1
    far_even, far_odd = d4 - d2, 2 * (d3 - d1)
    turned = [4 * d0 - 5 * d2 + d4, even + odd, even - odd, far_even + far_odd, far_even - far_odd, 4 * d1 - 5 * d3 + d5]
    m0, m1, m2, m3, m4, m5 = _products(kernels, name, turned, bias)
    near, near_odd, far, far_out = m1 + m2, m1 - m2, m3 + m4, m3 - m4
    return _untiled([m0 + near + far, near_odd + 2 * far_out, near + 4 * far, near_odd + 8 * far_out + m5], x.shape[2])


def _products(kernels: Floats, name: str, turned: list[Any], bias: Floats) -> list[Any]:
    """Convolve each column with its kernel of one tap. The bias goes into the second product, which every output has once."""
    return [_conv(column, kernels[index][:, np.newaxis], bias if index == 1 else None, f"{name}_{index}") for index, column in enumerate(turned)]
