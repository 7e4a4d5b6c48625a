"""The biases of a TFLite graph's layers, in float32 and in int32."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgekit.exporting.tflite.layers import layers_of, names_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgekit.exporting.tflite.model import TFLiteModel
    from edgekit.exporting.tflite.operator import Operator

# A layer's inputs: data, kernel, bias.
_BIAS = 2
_INT32 = np.iinfo(np.int32)


def take_biases(model: TFLiteModel, other: TFLiteModel) -> None:
    """Give the layers of ``model`` the biases that the layers of the same names have in ``other``."""
    there = {name: layer for layer in layers_of(other) if has_bias(layer) for name in names_of(other, layer)}
    for layer in layers_of(model):
        same = [there[name] for name in names_of(model, layer) if name in there]
        if same and has_bias(layer):
            set_bias(model, layer, bias_of(other, same[0]))


def has_bias(layer: Operator) -> bool:
    """Whether a layer has a bias."""
    inputs = layer.inputs
    return len(inputs) > _BIAS and inputs[_BIAS] >= 0


def bias_of(model: TFLiteModel, layer: Operator) -> NDArray[np.float64]:
    """Return what a layer's bias stands for."""
    return model.tensors[layer.inputs[_BIAS]].dequantized(np.float64)


def set_bias(model: TFLiteModel, layer: Operator, values: NDArray[np.float64]) -> None:
    """Write a layer's bias into a tensor and a buffer that no other layer reads: equal ones are stored once."""
    inputs = layer.inputs
    bias = model.tensors[inputs[_BIAS]]
    if len(model.readers(inputs[_BIAS])) > 1:
        bias = bias.copied(f"{bias.name}/{model.operators.index(layer)}")
        inputs[_BIAS] = model.add_tensor(bias)
        layer.inputs = inputs
    model.unshare_buffer(bias)
    if bias.dtype == np.float32:
        bias.store(values.astype(np.float32))
    else:
        steps = np.rint(values / bias.quantization.scales.astype(np.float64))
        bias.store(np.clip(steps, _INT32.min, _INT32.max).astype(np.int32))
