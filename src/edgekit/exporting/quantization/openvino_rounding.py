"""What OpenVINO computes of an int8 file for it, as a TFLite graph in float32: weights in steps, and activations rounded where its kernels end."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgekit.exporting.onnx.qdq.writer import rounded_later
from edgekit.exporting.tflite.biases import with_biases_of
from edgekit.exporting.tflite.layers import WEIGHTED, name_of, names_of, operators, output_of
from edgekit.exporting.tflite.packing import packed

if TYPE_CHECKING:
    from numpy.typing import NDArray

_Kind = schema.BuiltinOperator
_KERNEL = 1


def rounded(ranges: bytes, integers: bytes) -> bytes:
    """Return ``ranges`` with the kernels and biases of ``integers``, and its activations brought to the steps of ``integers`` and back.

    Both are one graph, in float32 and in int8 (TFLite flatbuffers with the same tensor names).
    """
    model, other = (schema.ModelT.InitFromPackedBuf(data, 0) for data in (ranges, integers))
    graph = model.subgraphs[0]
    _take_kernels(model, other)
    later = rounded_later(other)
    steps = {name_of(other, number): tensor for number, tensor in enumerate(other.subgraphs[0].tensors) if number not in later}
    there, back = _code(model, _Kind.QUANTIZE), _code(model, _Kind.DEQUANTIZE)
    placed: list[schema.OperatorT] = []
    moved: dict[int, int] = {}
    for operator in graph.operators:
        operator.inputs = np.array([moved.get(int(number), int(number)) for number in operator.inputs], np.int32)
        placed.append(operator)
        number = int(operator.outputs[0])
        tensor = steps.get(name_of(model, number))
        if tensor is None or tensor.type != schema.TensorType.INT8:
            continue
        in_steps, in_float = copy.copy(graph.tensors[number]), copy.copy(graph.tensors[number])
        in_steps.type, in_steps.quantization, in_float.quantization = schema.TensorType.INT8, tensor.quantization, None
        for added, ending in ((in_steps, b"/steps"), (in_float, b"/rounded")):
            added.name += ending
        moved[number] = len(graph.tensors) + 1
        placed += [_operator(there, number, len(graph.tensors)), _operator(back, len(graph.tensors), moved[number])]
        graph.tensors += [in_steps, in_float]
    graph.operators = placed
    graph.outputs = np.array([moved.get(int(number), int(number)) for number in graph.outputs], np.int32)
    return with_biases_of(packed(model, len(ranges)), integers)


def _take_kernels(model: schema.ModelT, other: schema.ModelT) -> None:
    """Give each layer the kernel that the layer of its name has in ``other``; those who share one still do."""
    layers = {name: operator for operator in operators(other, WEIGHTED) for name in names_of(other, operator)}
    for operator in operators(model, WEIGHTED):
        same = layers.get(output_of(model, operator))
        kernel = _kernel(other, same) if same is not None else None
        if kernel is not None and kernel.type == schema.TensorType.INT8:
            model.buffers[_kernel(model, operator).buffer].data = _values(other, kernel).reshape(-1).view(np.uint8)


def _kernel(model: schema.ModelT, operator: int) -> schema.TensorT:
    graph = model.subgraphs[0]
    return graph.tensors[graph.operators[operator].inputs[_KERNEL]]


def _values(model: schema.ModelT, kernel: schema.TensorT) -> NDArray[np.float32]:
    """Return what an int8 kernel stands for; its zero points are zero."""
    stored = np.asarray(model.buffers[kernel.buffer].data).view(np.int8).reshape(kernel.shape)
    scale = np.asarray(kernel.quantization.scale, np.float32)
    if len(scale) == 1:
        return stored * scale
    extents = [1] * stored.ndim
    extents[kernel.quantization.quantizedDimension] = -1
    return stored * scale.reshape(extents)


def _code(model: schema.ModelT, kind: int) -> int:
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = kind
    code.version = 2
    model.operatorCodes.append(code)
    return len(model.operatorCodes) - 1


def _operator(code: int, source: int, target: int) -> schema.OperatorT:
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = code, np.array([source], np.int32), np.array([target], np.int32)
    return operator
