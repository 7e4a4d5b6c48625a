"""Smaller weights in a TFLite model: 8-bit in its fully connected layers alone, or of seven bits in an int8 one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgekit.exporting.tflite.layers import WEIGHTED, kind_of, operators
from edgekit.exporting.tflite.packing import packed

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The version of FULLY_CONNECTED that takes 8-bit weights with a scale for each output beside float32 input.
_VERSION = 12
_STEPS = 127
# Seven bits, of which one is the sign.
_LEAST_NARROW, _MOST_NARROW = -64, 63
_OTHER_PRODUCTS = (schema.BuiltinOperator.BATCH_MATMUL, schema.BuiltinOperator.TRANSPOSE_CONV)
_INTEGERS = {schema.TensorType.INT8: np.int8, schema.TensorType.INT32: np.int32}


def quantise_dense(model: schema.ModelT) -> None:
    """Store the kernels of fully connected layers in int8, a scale for each output; their inputs are quantised as they come.

    The converter quantises all layers or none. A fully connected layer waits for its weights to come from memory, so there a
    quarter of the bytes is a multiple of the speed, and the error stays that of one layer.
    """
    graph = model.subgraphs[0]
    quantised: set[int] = set()
    for operator in graph.operators:
        if kind_of(model, operator) != schema.BuiltinOperator.FULLY_CONNECTED:
            continue
        place = int(operator.inputs[1])
        kernel = graph.tensors[place]
        data = model.buffers[kernel.buffer].data
        if place not in quantised:  # else another layer reads the same kernel
            if data is None or kernel.type != schema.TensorType.FLOAT32:
                continue
            values, kernel.quantization = in_8_bits(np.asarray(data).view(np.float32).reshape(kernel.shape))
            model.buffers[kernel.buffer].data = values.view(np.uint8).ravel()
            kernel.type = schema.TensorType.INT8
            quantised.add(place)
        operator.builtinOptions.asymmetricQuantizeInputs = True
        code = model.operatorCodes[operator.opcodeIndex]
        code.version = max(code.version, _VERSION)


def in_8_bits(kernel: NDArray[np.float32]) -> tuple[NDArray[np.int8], schema.QuantizationParametersT]:
    """Return a kernel (out, in) in int8, and the scale of each output."""
    largest = np.abs(kernel).max(axis=1)
    steps = schema.QuantizationParametersT()
    steps.scale = np.where(largest > 0, largest / _STEPS, 1).astype(np.float32)
    steps.zeroPoint = np.zeros(len(kernel), np.int64)
    steps.quantizedDimension = 0
    return np.rint(kernel / steps.scale[:, np.newaxis]).astype(np.int8), steps


def narrow_weights(data: bytes) -> bytes | None:
    """Return an int8 graph with kernels of seven bits in place of eight, on steps of twice the size; and the biases with them.

    ``None`` where a product of eight bits would be left: attention has some between two activations, and other kinds of layers
    have kernels of their own.
    """
    model = schema.ModelT.InitFromPackedBuf(data, 0)
    graph = model.subgraphs[0]
    layers = operators(model, WEIGHTED)
    factors = [graph.tensors[graph.operators[layer].inputs[1]] for layer in layers]
    others = [graph.tensors[graph.operators[product].inputs[1]] for product in operators(model, _OTHER_PRODUCTS)]
    computed = [factor for factor in factors if model.buffers[factor.buffer].data is None]
    if any(factor.type == schema.TensorType.INT8 for factor in (*computed, *others)):
        return None
    constants = dict.fromkeys(int(tensor) for layer in layers for tensor in graph.operators[layer].inputs[1:] if tensor >= 0)
    halved: dict[int, int] = {}  # by the buffers that were: equal constants share one
    for tensor in (graph.tensors[constant] for constant in constants):
        kind = _INTEGERS.get(tensor.type)
        if kind is None:
            continue
        if tensor.buffer not in halved:
            buffer = schema.BufferT()
            buffer.data = _halves(model.buffers[tensor.buffer].data.view(kind)).view(np.uint8)
            halved[tensor.buffer] = len(model.buffers)
            model.buffers.append(buffer)
        tensor.buffer = halved[tensor.buffer]
        tensor.quantization.scale = np.asarray(tensor.quantization.scale, np.float32) * np.float32(2)
    for buffer in set(halved) - {tensor.buffer for tensor in graph.tensors}:
        model.buffers[buffer].data = None
    return packed(model, len(data))


def _halves(values: NDArray[np.integer[Any]]) -> NDArray[np.integer[Any]]:
    """Return integers on steps of twice the size; those of eight bits as seven."""
    halves = np.rint(values / 2)
    if values.dtype == np.int8:
        halves = np.clip(halves, _LEAST_NARROW, _MOST_NARROW)
    return halves.astype(values.dtype)
