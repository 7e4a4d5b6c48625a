"""Large constants kept out of tf2onnx, which copies the whole graph for each of its optimisers.

Each is made an input of the TFLite graph that is converted, a stand-in without data; tf2onnx then moves some megabytes
instead of hundreds. Afterwards the real values take the stand-ins' places, turned as tf2onnx asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgekit.exporting.tflite.model import TFLiteModel

LARGE_BYTES = 1 << 20
_DTYPES = (np.float32, np.int8)
_PREFIX = "standin_"
_TURNS = ("Transpose", "Reshape")

Constants = dict[str, "NDArray[np.float32] | NDArray[np.int8]"]


def take_out(model: TFLiteModel, *, least_bytes: int = LARGE_BYTES) -> Constants:
    """Put stand-ins into ``model`` for its constants of ``least_bytes`` or more, and return those constants by stand-in."""
    constants: Constants = {}
    for index, tensor in enumerate(model.tensors):
        if tensor.stored_bytes < least_bytes or tensor.dtype not in _DTYPES:
            continue
        name = f"{_PREFIX}{index}"
        constants[name] = tensor.stored
        tensor.name, tensor.buffer = name, 0
        model.inputs = [*model.inputs, index]
    model.drop_metadata()
    model.empty_unread_buffers()
    return constants


def put_back(graph: onnx.GraphProto, constants: Constants) -> None:
    """Make every stand-in among the graph's inputs an initializer with its constant's values."""
    placeholders = {value.name: constants[_key(value.name)] for value in graph.input if value.name.startswith(_PREFIX)}
    for name, values in placeholders.items():
        _give(graph, name, values)
    kept = [value for value in graph.input if value.name not in placeholders]
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
