"""Keras layers as ops: one function for each kind, which returns ``None`` where a layer is used in a way that no op knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import layers

from edgekit.graph import ops
from edgekit.graph.ops import Padding, PoolKind
from edgekit.models.silent import SILENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgekit.graph.ops import Floats

    LayerReader = Callable[[Any, list[Any]], list[ops.Op] | None]
    """Takes a layer and the shapes of what it reads, and returns the ops that compute it: none for one that changes nothing."""


def _conv(layer: Any, shapes: list[Any]) -> list[ops.Op] | None:
    activation = _activation(layer.activation, shapes)
    if activation is None or not _plain(layer) or layer.groups != 1:
        return None
    kernel = _array(layer.kernel)
    return [ops.Conv(kernel, _bias(layer, kernel.shape[-1]), layer.strides[0], Padding(layer.padding)), *activation]


def _depthwise(layer: Any, shapes: list[Any]) -> list[ops.Op] | None:
    activation = _activation(layer.activation, shapes)
    if activation is None or not _plain(layer) or layer.depth_multiplier != 1:
        return None
    kernel = _array(layer.kernel)[..., 0]
    return [ops.Depthwise(kernel, _bias(layer, kernel.shape[-1]), layer.strides[0], Padding(layer.padding)), *activation]


def _separable(layer: Any, shapes: list[Any]) -> list[ops.Op] | None:
    activation = _activation(layer.activation, shapes)
    if activation is None or not _plain(layer) or layer.depth_multiplier != 1:
        return None
    depthwise, pointwise = _array(layer.depthwise_kernel)[..., 0], _array(layer.pointwise_kernel)
    first = ops.Depthwise(depthwise, np.zeros(depthwise.shape[-1], np.float32), layer.strides[0], Padding(layer.padding))
    return [first, ops.Conv(pointwise, _bias(layer, pointwise.shape[-1])), *activation]


def _dense(layer: Any, shapes: list[Any]) -> list[ops.Op] | None:
    activation = _activation(layer.activation, shapes)
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
        if kind is PoolKind.AVERAGE and layer.padding == "valid" and shapes[0][1:3] == tuple(layer.pool_size):
            return [ops.GlobalAverage(as_image=True)]
        return [ops.Pool(kind, layer.pool_size[0], layer.strides[0], Padding(layer.padding))]

    return reader


def _zero_padding(layer: Any, shapes: list[Any]) -> list[ops.Op] | None:
    return [ops.Pad(*layer.padding)] if layer.data_format == "channels_last" else None


def _leaky(layer: Any, shapes: list[Any]) -> list[ops.Op] | None:
    return [ops.Leaky(float(layer.negative_slope))]


def _relu(layer: Any, shapes: list[Any]) -> list[ops.Op] | None:
    if layer.threshold or (layer.max_value is not None and layer.negative_slope):
        return None
    return [ops.Leaky(float(layer.negative_slope)) if layer.max_value is None else ops.Clip(float(layer.max_value))]


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
    return [ops.GlobalAverage(as_image=layer.keepdims)] if layer.data_format == "channels_last" else None


def _reshape(layer: Any, shapes: list[Any]) -> list[ops.Op] | None:
    """Read what makes a vector of an image."""
    return [ops.Flatten()] if len(layer.target_shape) == 1 and len(shapes[0]) == 4 else None


SILENT_READERS: dict[type, LayerReader] = dict.fromkeys(SILENT, lambda layer, shapes: [])
READERS: dict[type, LayerReader] = {
    **SILENT_READERS,
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
    layers.Activation: lambda layer, shapes: _activation(layer.activation, shapes),
    layers.Softmax: _softmax,
    layers.Concatenate: _concat,
    layers.Add: _add,
    layers.Flatten: lambda layer, shapes: [ops.Flatten()] if len(shapes[0]) == 4 and layer.data_format == "channels_last" else None,
    layers.Reshape: _reshape,
    layers.Rescaling: _rescaling,
    layers.Normalization: _normalization,
    layers.ZeroPadding2D: _zero_padding,
}


def _activation(function: Any, shapes: list[Any]) -> list[ops.Op] | None:
    """Return an activation of what a layer makes of ``shapes`` as ops: none for the identity, ``None`` for one that is not known."""
    if function is keras.activations.linear:
        return []
    if function is keras.activations.softmax and len(shapes[0]) == 2:
        return [ops.Softmax()]
    if function is keras.activations.relu6:
        return [ops.Clip(6.0)]
    return [ops.Leaky(0.0)] if function is keras.activations.relu else None


def _plain(layer: Any) -> bool:
    return bool(layer.data_format == "channels_last" and len(set(layer.strides)) == 1 and set(layer.dilation_rate) == {1})


def _array(values: Any) -> Floats:
    return np.asarray(keras.ops.convert_to_numpy(values), np.float32)


def _bias(layer: Any, channels: int) -> Floats:
    return _array(layer.bias) if layer.use_bias else np.zeros(channels, np.float32)
