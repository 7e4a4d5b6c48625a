"""A Keras model read into a graph. What is not known here becomes `Opaque`: it stays as it is, and the rest is rewritten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import layers

from edgekit.export.graph import ops
from edgekit.export.graph.calls import call_of
from edgekit.export.graph.graph import Graph, Node
from edgekit.export.graph.ops import Padding, PoolKind
from edgekit.export.graph.silent import SILENT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edgekit.export.graph.ops import Floats

    LayerReader = Callable[[Any, list[Any]], list[ops.Op] | None]


def read(model: keras.Model, *, opaque: bool = False) -> Graph:
    """Return the graph of a functional model: float32 (batch, px, px, 3) to one output. Models inside it are read as well.

    ``opaque``: every layer stays the Keras layer that it is, but for those that change nothing at inference.
    """
    return _Reader(model, _SILENT_READERS if opaque else _READERS).graph()


class _Reader:
    """Walks from the output back to the input, then forward, giving each Keras tensor a name."""

    def __init__(self, model: keras.Model, known: Mapping[type, LayerReader]) -> None:
        self._model = model
        self._known = known
        self._nodes: dict[str, Node] = {}
        self._names: dict[int, str] = {}
        self._kept: list[Any] = []  # tensors whose identity is a key stay alive

    def graph(self) -> Graph:
        image = self._model.inputs[0]
        self._give(image, self._node("image", ops.Input(image.shape[1]), ()))
        output = self._walk(self._model.outputs[0])
        return Graph(self._nodes, output).replaced({})

    def _walk(self, tensor: Any) -> str:
        stack = [tensor]
        while stack:
            if id(stack[-1]) in self._names:
                stack.pop()
                continue
            call = call_of(stack[-1])
            waiting = [source for source in call.arguments.keras_tensors if id(source) not in self._names]
            if waiting:
                stack.extend(reversed(waiting))
            else:
                self._read(call)
        return self._names[id(tensor)]

    def _read(self, call: Any) -> None:
        """Read one call of an operation whose inputs are named already."""
        operation, sources = call.operation, call.arguments.keras_tensors
        inner = getattr(operation, "_functional", operation)
        if isinstance(inner, keras.Model) and hasattr(inner, "operations") and len(inner.inputs) == len(sources):
            for outer, name in zip(call.outputs, self._inside(inner, [self._names[id(source)] for source in sources]), strict=True):
                self._give(outer, name)
            return
        inputs = tuple(self._names[id(source)] for source in sources)
        reader = self._known.get(type(operation))
        # The ops that compute what the layer does: an empty list for one that changes nothing at inference.
        known = reader(operation, [tuple(source.shape) for source in sources]) if reader else None
        if known is not None:
            name = inputs[0]
            for op in known:
                name = self._node(operation.name, op, inputs if op is known[0] else (name,))
            self._give(call.outputs[0], name)
            return
        shapes = tuple(tuple(output.shape[1:]) for output in call.outputs)
        whole = self._node(operation.name, ops.Opaque(operation, call.arguments, shapes), inputs)
        for index, output in enumerate(call.outputs):
            several = len(call.outputs) > 1
            self._give(output, self._node(f"{operation.name}_{index}", ops.Output(index), (whole,)) if several else whole)

    def _inside(self, model: keras.Model, inputs: list[str]) -> list[str]:
        """Read a model inside, and return what its outputs are called. Its tensors have other names each time that it is called."""
        outside, self._names = self._names, {}
        for image, name in zip(model.inputs, inputs, strict=True):
            self._give(image, name)
        outputs = [self._walk(output) for output in model.outputs]
        self._names = outside
        return outputs

    def _node(self, wanted: str, op: ops.Op, inputs: tuple[str, ...]) -> str:
        """Add a node under the name of its layer; a second one of that name is numbered."""
        name, count = wanted, 1
        while name in self._nodes:
            count += 1
            name = f"{wanted}_{count}"
        self._nodes[name] = Node(op, inputs)
        return name

    def _give(self, tensor: Any, name: str) -> None:
        self._kept.append(tensor)
        self._names[id(tensor)] = name


def _conv(layer: Any, shapes: list[Any]) -> list[ops.Op] | None:
    activation = _activation(layer.activation)
    if activation is None or not _plain(layer) or layer.groups != 1:
        return None
    kernel = _array(layer.kernel)
    return [ops.Conv(kernel, _bias(layer, kernel.shape[-1]), layer.strides[0], Padding(layer.padding)), *activation]


def _depthwise(layer: Any, shapes: list[Any]) -> list[ops.Op] | None:
    activation = _activation(layer.activation)
    if activation is None or not _plain(layer) or layer.depth_multiplier != 1:
        return None
    kernel = _array(layer.kernel)[..., 0]
    return [ops.Depthwise(kernel, _bias(layer, kernel.shape[-1]), layer.strides[0], Padding(layer.padding)), *activation]


def _separable(layer: Any, shapes: list[Any]) -> list[ops.Op] | None:
    activation = _activation(layer.activation)
    if activation is None or not _plain(layer) or layer.depth_multiplier != 1:
        return None
    depthwise, pointwise = _array(layer.depthwise_kernel)[..., 0], _array(layer.pointwise_kernel)
    first = ops.Depthwise(depthwise, np.zeros(depthwise.shape[-1], np.float32), layer.strides[0], Padding(layer.padding))
    return [first, ops.Conv(pointwise, _bias(layer, pointwise.shape[-1])), *activation]


def _dense(layer: Any, shapes: list[Any]) -> list[ops.Op] | None:
    softmax = layer.activation is keras.activations.softmax
    activation: list[ops.Op] | None = [ops.Softmax()] if softmax else _activation(layer.activation)
    if activation is None or len(shapes[0]) != 2 or layer.quantization_mode:
        return None
    kernel = _array(layer.kernel)
    return [ops.Dense(kernel, _bias(layer, kernel.shape[-1])), *activation]


def _batch_norm(layer: Any, shapes: list[Any]) -> list[ops.Op] | None:
    if layer.axis not in (-1, len(shapes[0]) - 1):
        return None
    mean, variance = (_array(values).astype(np.float64) for values in (layer.moving_mean, layer.moving_variance))
    scale = (_array(layer.gamma) if layer.scale else 1.0) / np.sqrt(variance + layer.epsilon)
    shift = (_array(layer.beta) if layer.center else 0.0) - scale * mean
    return [ops.Affine(scale.astype(np.float32), shift.astype(np.float32))]


def _pool(kind: PoolKind) -> LayerReader:
    def reader(layer: Any, shapes: list[Any]) -> list[ops.Op] | None:
        if len(set(layer.pool_size)) != 1 or len(set(layer.strides)) != 1 or layer.data_format != "channels_last":
            return None
        return [ops.Pool(kind, layer.pool_size[0], layer.strides[0], Padding(layer.padding))]

    return reader


def _leaky(layer: Any, shapes: list[Any]) -> list[ops.Op] | None:
    return [ops.Leaky(float(layer.negative_slope))]


def _relu(layer: Any, shapes: list[Any]) -> list[ops.Op] | None:
    plain = layer.max_value is None and not layer.threshold
    return [ops.Leaky(float(layer.negative_slope))] if plain else None


def _concat(layer: Any, shapes: list[Any]) -> list[ops.Op] | None:
    return [ops.Concat()] if layer.axis in (-1, len(shapes[0]) - 1) else None


def _add(layer: Any, shapes: list[Any]) -> list[ops.Op] | None:
    return [ops.Add()] if len(shapes) == 2 and shapes[0] == shapes[1] else None


def _rescaling(layer: Any, shapes: list[Any]) -> list[ops.Op] | None:
    channels = shapes[0][-1]
    both = [np.asarray(values, np.float32) for values in (layer.scale, layer.offset)]
    if any(values.shape not in ((), (channels,)) for values in both):
        return None
    return [ops.Affine(*(np.broadcast_to(values, (channels,)).copy() for values in both))]


def _normalization(layer: Any, shapes: list[Any]) -> list[ops.Op] | None:
    """Read (x − mean) / max(√variance, ε), which Keras gives with one value a channel, or one for all."""
    mean, variance = (_array(values).astype(np.float64) for values in (layer.mean, layer.variance))
    channels = shapes[0][-1]
    if layer.invert or (mean.size > 1 and (mean.size, mean.shape[-1]) != (channels, channels)):
        return None
    scale = np.broadcast_to(1 / np.maximum(np.sqrt(variance.ravel()), keras.config.epsilon()), (channels,))
    return [ops.Affine(scale.astype(np.float32), (-mean.ravel() * scale).astype(np.float32))]


def _softmax(layer: Any, shapes: list[Any]) -> list[ops.Op] | None:
    return [ops.Softmax()] if layer.axis == -1 and len(shapes[0]) == 2 else None


def _global_average(layer: Any, shapes: list[Any]) -> list[ops.Op] | None:
    return None if layer.keepdims or layer.data_format != "channels_last" else [ops.GlobalAverage()]


_SILENT_READERS: dict[type, LayerReader] = dict.fromkeys(SILENT, lambda layer, shapes: [])
_READERS: dict[type, LayerReader] = {
    **_SILENT_READERS,
    layers.Conv2D: _conv,
    layers.DepthwiseConv2D: _depthwise,
    layers.SeparableConv2D: _separable,
    layers.Dense: _dense,
    layers.BatchNormalization: _batch_norm,
    layers.MaxPooling2D: _pool(PoolKind.MAX),
    layers.AveragePooling2D: _pool(PoolKind.AVERAGE),
    layers.GlobalAveragePooling2D: _global_average,
    layers.LeakyReLU: _leaky,
    layers.ReLU: _relu,
    layers.Activation: lambda layer, shapes: _activation(layer.activation),
    layers.Softmax: _softmax,
    layers.Concatenate: _concat,
    layers.Add: _add,
    layers.Flatten: lambda layer, shapes: [ops.Flatten()] if len(shapes[0]) == 4 and layer.data_format == "channels_last" else None,
    layers.Rescaling: _rescaling,
    layers.Normalization: _normalization,
}


def _activation(function: Any) -> list[ops.Op] | None:
    """Return an activation as ops: none for the identity, ``None`` for one that is not known."""
    if function is keras.activations.linear:
        return []
    return [ops.Leaky(0.0)] if function is keras.activations.relu else None


def _plain(layer: Any) -> bool:
    return bool(layer.data_format == "channels_last" and len(set(layer.strides)) == 1 and set(layer.dilation_rate) == {1})


def _array(values: Any) -> Floats:
    return np.asarray(keras.ops.convert_to_numpy(values), np.float32)


def _bias(layer: Any, channels: int) -> Floats:
    return _array(layer.bias) if layer.use_bias else np.zeros(channels, np.float32)
