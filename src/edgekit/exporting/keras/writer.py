"""A graph written as a Keras model again: what TensorFlow's converter takes, and how a graph can be computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from edgekit.exporting.keras.winograd import write_winograd
from edgekit.graph import ops
from edgekit.graph.padding import zeros_into_layers
from edgekit.models.layers import Step, convolved, with_weights

if TYPE_CHECKING:
    from edgekit.graph.graph import Graph
    from edgekit.graph.ops import Floats

# XNNPACK goes pixel by pixel where it adds a vector or puts zeros around: slow where channels are few. There a row is taken for one pixel.
_FEW_CHANNELS = 64


def rebuild(graph: Graph) -> keras.Model:
    """Return a Keras model, float32 (batch, px, px, 3) to the graph's output. Its layers are named as the graph's nodes."""
    graph = zeros_into_layers(graph)
    values: dict[str, Any] = {}
    for name, node in graph.nodes.items():
        if isinstance(node.op, ops.Input):
            values[name] = keras.Input((node.op.px, node.op.px, 3), name=name)
        else:
            values[name] = _written(node.op, name, [values[source] for source in node.inputs])
    image = next(values[name] for name, node in graph.nodes.items() if isinstance(node.op, ops.Input))
    return keras.Model(image, values[graph.output], name="network")


def _written(op: ops.Op, name: str, sources: list[Any]) -> Any:  # noqa: C901 (a case for each op)
    x = sources[0]
    match op:
        case ops.Conv(kernel, bias, stride, ops.Padding() as padding):
            return convolved(x, kernel, bias, name, stride=stride, padding=padding)
        case ops.Depthwise(kernel, bias, stride, ops.Padding() as padding):
            layer = layers.DepthwiseConv2D(kernel.shape[:2], stride, padding.value, depthwise_initializer="zeros", name=name)
            return with_weights(layer, x, kernel[..., np.newaxis], bias)
        case ops.Winograd():
            return write_winograd(op, x, name)
        case ops.Dense(kernel, bias):
            return with_weights(layers.Dense(kernel.shape[1], kernel_initializer="zeros", name=name), x, kernel, bias)
        case ops.DenseStandIn(value, inputs, outputs, bias):
            return Step(lambda rows: tf.matmul(rows, tf.constant(value, shape=(inputs, outputs))) + bias, (*x.shape[:-1], outputs), name)(x)
        case ops.Affine(scale, shift):
            return Step(lambda value: keras.ops.add(keras.ops.multiply(value, scale), shift), x.shape, name)(x)
        case ops.Shift(values):
            return Step(lambda value: _shifted(value, values), x.shape, name)(x)
        case ops.Leaky(slope):
            return layers.LeakyReLU(slope, name=name)(x) if slope else layers.ReLU(name=name)(x)
        case ops.Clip(most):
            return layers.ReLU(most, name=name)(x)
        case ops.LeakyByChannel(slopes):
            shared = list(range(1, len(x.shape) - 1))
            return with_weights(layers.PReLU(shared_axes=shared, name=name), x, slopes.reshape((*([1] * len(shared)), -1)))
        case ops.Pool(kind, size, stride, padding):
            make = layers.MaxPooling2D if kind is ops.PoolKind.MAX else layers.AveragePooling2D
            return make(size, stride, padding.value, name=name)(x)
        case ops.GlobalAverage(as_image):
            return layers.GlobalAveragePooling2D(keepdims=as_image, name=name)(x)
        case ops.Opaque():
            return _called(op, name)(sources)
        case ops.Output(index):
            return x[index]
        case ops.Concat() | ops.Add():
            return _PLAIN[type(op)](name=name)(sources)
        case ops.Pad(rows, columns):
            return Step(lambda value: _padded(value, rows, columns), (None, x.shape[1] + sum(rows), x.shape[2] + sum(columns), x.shape[3]), name)(x)
        case ops.SpaceToDepth(block):
            return Step(lambda value: _blocks(value, block), (None, x.shape[1] // block, x.shape[2] // block, x.shape[3] * block**2), name)(x)
        case ops.DepthToSpace(block):
            shape = (None, x.shape[1] * block, x.shape[2] * block, x.shape[3] // block**2)
            return Step(lambda value: tf.nn.depth_to_space(value, block), shape, name)(x)
        case _:
            return _PLAIN[type(op)](name=name)(x)


_PLAIN: dict[type, type[layers.Layer]] = {
    ops.Flatten: layers.Flatten,
    ops.Concat: layers.Concatenate,
    ops.Add: layers.Add,
    ops.Softmax: layers.Softmax,
}


def _called(op: ops.Opaque, name: str) -> Step:
    """Return the operation as a step of this graph: it has its own weights, but the name of the node."""

    def call(sources: list[Any]) -> Any:
        given = {id(tensor): value for tensor, value in zip(op.arguments.keras_tensors, sources, strict=True)}
        args, kwargs = op.arguments.fill_in(given)
        outputs = keras.tree.flatten(op.operation(*args, **kwargs))
        return outputs if len(op.shapes) > 1 else outputs[0]

    return Step(call, None, name, inside=op.operation)


def _blocks(x: Any, block: int) -> Any:
    """TensorFlow's own operator: the converter knows it, and it moves memory only."""
    return tf.nn.space_to_depth(x, block)


def _padded(x: Any, rows: tuple[int, int], columns: tuple[int, int]) -> Any:
    _, height, width, channels = x.shape
    if channels > _FEW_CHANNELS:
        return keras.ops.pad(x, ((0, 0), rows, columns, (0, 0)))
    flat = keras.ops.reshape(x, (-1, height, width * channels))
    padded = keras.ops.pad(flat, ((0, 0), rows, tuple(count * channels for count in columns)))
    return keras.ops.reshape(padded, (-1, height + sum(rows), width + sum(columns), channels))


def _shifted(x: Any, values: Floats) -> Any:
    if len(x.shape) != 4 or x.shape[-1] > _FEW_CHANNELS:
        return keras.ops.add(x, values)
    _, height, width, channels = x.shape
    rows = keras.ops.reshape(x, (-1, height, width * channels))
    return keras.ops.reshape(keras.ops.add(rows, np.tile(values, width)), (-1, height, width, channels))
