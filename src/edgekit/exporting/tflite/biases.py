"""The biases of a TFLite graph's layers, in float32 and in int32."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgekit.exporting.tflite.layers import WEIGHTED, names_of, operators
from edgekit.exporting.tflite.packing import packed

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A layer's inputs: data, kernel, bias.
_BIAS = 2
_INT32 = np.iinfo(np.int32)


def with_biases_of(data: bytes, other: bytes) -> bytes:
    """Return ``data`` with the biases that the layers of the same names have in ``other``."""
    model, source = (schema.ModelT.InitFromPackedBuf(each, 0) for each in (data, other))
    there = {name: operator for operator in operators(source, WEIGHTED) if has_bias(source, operator) for name in names_of(source, operator)}
    for operator in operators(model, WEIGHTED):
        same = [there[name] for name in names_of(model, operator) if name in there]
        if same and has_bias(model, operator):
            set_bias(model, operator, bias_of(source, same[0]))
    return packed(model, len(data))


def has_bias(model: schema.ModelT, operator: int) -> bool:
    """Whether a layer has a bias."""
    inputs = model.subgraphs[0].operators[operator].inputs
    return len(inputs) > _BIAS and inputs[_BIAS] >= 0


def bias_of(model: schema.ModelT, operator: int) -> NDArray[np.float64]:
    """Return what a layer's bias stands for."""
    bias = _bias_tensor(model, operator)
    stored = np.asarray(model.buffers[bias.buffer].data)
    if bias.type == schema.TensorType.FLOAT32:
        return stored.view(np.float32).astype(np.float64)
    steps = stored.view(np.int32).astype(np.float64)
    return steps * np.asarray(bias.quantization.scale, np.float64)


def set_bias(model: schema.ModelT, operator: int, values: NDArray[np.float64]) -> None:
    """Write a layer's bias into a tensor and a buffer that no other layer reads: equal ones are stored once."""
    graph = model.subgraphs[0]
    bias, inputs = _bias_tensor(model, operator), np.array(graph.operators[operator].inputs)
    if sum(inputs[_BIAS] in other.inputs for other in graph.operators) > 1:
        bias = copy.copy(bias)
        bias.name = f"{bias.name.decode()}/{operator}".encode()
        inputs[_BIAS] = len(graph.tensors)
        graph.tensors.append(bias)
        graph.operators[operator].inputs = inputs
    if sum(bias.buffer == other.buffer for other in graph.tensors) > 1:
        bias.buffer = len(model.buffers)
        model.buffers.append(schema.BufferT())
    if bias.type == schema.TensorType.FLOAT32:
        stored = values.astype(np.float32)
    else:
        steps = np.rint(values / np.asarray(bias.quantization.scale, np.float64))
        stored = np.clip(steps, _INT32.min, _INT32.max).astype(np.int32)
    model.buffers[bias.buffer].data = stored.view(np.uint8)


def _bias_tensor(model: schema.ModelT, operator: int) -> schema.TensorT:
    graph = model.subgraphs[0]
    return graph.tensors[graph.operators[operator].inputs[_BIAS]]
