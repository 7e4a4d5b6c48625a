"""Large constants kept out of tf2onnx, which copies the whole graph for each of its optimisers.

Each is made an input of the TFLite graph that is converted, a stand-in without data; tf2onnx then moves some megabytes
instead of hundreds. Afterwards the real values take the stand-ins' places, turned as tf2onnx asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from ai_edge_litert import schema_py_generated as schema

from edgekit.exporting.tflite.packing import packed

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGE_BYTES = 1 << 20
_DTYPES = {schema.TensorType.FLOAT32: np.float32, schema.TensorType.INT8: np.int8}
_PREFIX = "standin_"
_TURNS = ("Transpose", "Reshape")

Constants = dict[str, "NDArray[np.float32] | NDArray[np.int8]"]


def take_out(tflite: bytes, *, least_bytes: int = LARGE_BYTES) -> tuple[bytes, Constants]:
    """Return ``tflite`` with stand-ins for its constants of ``least_bytes`` or more, and those constants by stand-in."""
    model = schema.ModelT.InitFromPackedBuf(tflite, 0)
    graph = model.subgraphs[0]
    constants: Constants = {}
    for index, tensor in enumerate(graph.tensors):
        data = model.buffers[tensor.buffer].data
        if data is None or len(data) < least_bytes or tensor.type not in _DTYPES:
            continue
        name = f"{_PREFIX}{index}"
        constants[name] = np.asarray(data).view(_DTYPES[tensor.type]).reshape(tensor.shape)
        tensor.name, tensor.buffer = name.encode(), 0
        graph.inputs = np.append(graph.inputs, np.int32(index))
    used = {tensor.buffer for tensor in graph.tensors}
    for number, buffer in enumerate(model.buffers):
        if number not in used:
            buffer.data = None
    model.signatureDefs = model.metadata = None
    return packed(model, LARGE_BYTES), constants


def put_back(graph: onnx.GraphProto, constants: Constants) -> None:
    """Make every stand-in among the graph's inputs an initializer with its constant's values."""
    standins = {value.name: constants[_key(value.name)] for value in graph.input if value.name.startswith(_PREFIX)}
    for name, values in standins.items():
        _give(graph, name, values)
    kept = [value for value in graph.input if value.name not in standins]
    del graph.input[:]
    graph.input.extend(kept)


def _key(name: str) -> str:
    """Return a stand-in's name without the output number that tf2onnx adds."""
    return name.partition(":")[0]


def _give(graph: onnx.GraphProto, name: str, values: NDArray[np.generic]) -> None:
    """Let ``name`` have these values; where a node only turns them, or a dequantisation is turned, the values are turned instead."""
    for node in _readers(graph, name):
        if node.op_type in _TURNS:
            graph.node.remove(node)
            _give(graph, node.output[0], _turned(graph, node, values))
            continue
        kept = values
        followers = _readers(graph, node.output[0])
        while node.op_type == "DequantizeLinear" and len(followers) == 1 and followers[0].op_type in _TURNS:
            turn = followers[0]
            kept = _turned(graph, turn, kept)
            for attribute in node.attribute:
                if attribute.name == "axis" and turn.op_type == "Transpose":
                    attribute.i = _permutation(turn).index(attribute.i)
            node.output[0] = turn.output[0]
            graph.node.remove(turn)
            followers = _readers(graph, node.output[0])
        _attach(graph, name, kept)


def _readers(graph: onnx.GraphProto, name: str) -> list[onnx.NodeProto]:
    return [node for node in graph.node if name in node.input]


def _turned(graph: onnx.GraphProto, turn: onnx.NodeProto, values: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return ``values`` transposed or reshaped. tf2onnx reshapes the kernels of 1 × 1 convolutions, and leaves their first axis alone."""
    if turn.op_type == "Transpose":
        return values.transpose(_permutation(turn))
    shape = next(onnx.numpy_helper.to_array(constant) for constant in graph.initializer if constant.name == turn.input[1])
    return values.reshape(shape)


def _permutation(node: onnx.NodeProto) -> list[int]:
    return list(onnx.helper.get_node_attr_value(node, "perm"))


def _attach(graph: onnx.GraphProto, name: str, values: NDArray[np.generic]) -> None:
    if any(constant.name == name for constant in graph.initializer):
        return
    constant = graph.initializer.add()
    constant.name = name
    constant.data_type = onnx.helper.np_dtype_to_tensor_dtype(values.dtype)
    constant.dims.extend(values.shape)
    constant.raw_data = np.ascontiguousarray(values).tobytes()
