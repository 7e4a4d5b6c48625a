"""Smaller weights in an ONNX model: stored in half the bytes, or 8-bit in fully connected layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import helper, numpy_helper

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WEIGHTED = ("Conv", "ConvTranspose", "Gemm", "MatMul")
# Unsigned 8-bit, with the zero in the middle: products of two unsigned numbers are exact on every CPU, where those of an unsigned
# and a signed one may saturate (x86 without VNNI).
_ZERO, _STEPS = 128, 127


def store_as_float16(graph: onnx.GraphProto) -> None:
    """Store kernels in float16, with a Cast to float32 behind each: a runtime casts once, when it loads.

    But for kernels of one number a channel: there are few, and an error of theirs is one of the whole channel.
    """
    constants = {constant.name: constant for constant in graph.initializer}
    casts = []
    for node in graph.node:
        if node.op_type not in _WEIGHTED or node.input[1] not in constants:
            continue
        constant = constants.pop(node.input[1])
        if len(constant.dims) > 2 and np.prod(constant.dims[1:]) == 1:
            continue
        wide = constant.name
        constant.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(constant).astype(np.float16), f"{wide}_float16"))
        casts.append(helper.make_node("Cast", [constant.name], [wide], name=wide, to=onnx.TensorProto.FLOAT))
    _put_first(graph, casts)


def quantise_dense(graph: onnx.GraphProto) -> None:
    """Store the kernels of fully connected layers in 8 bits, a scale for each output; their inputs are quantised as they come."""
    constants = {constant.name: constant for constant in graph.initializer}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        kernel = constants.get(node.input[1]) if node.op_type in ("Gemm", "MatMul") else None
        nodes += _integer_dense(graph, node, kernel) if kernel else [node]
    del graph.node[:]
    graph.node.extend(nodes)


def _integer_dense(graph: onnx.GraphProto, node: onnx.NodeProto, kernel: onnx.TensorProto) -> list[onnx.NodeProto]:
    """Return what ONNX Runtime takes for one operation: DynamicQuantizeLinear, MatMulInteger, Cast, Mul, and an Add of the bias."""
    weights, scale = _quantised(numpy_helper.to_array(kernel))
    name = node.name
    kernel.CopyFrom(numpy_helper.from_array(weights, f"{name}_kernel_uint8"))
    graph.initializer.append(numpy_helper.from_array(scale, f"{name}_kernel_scale"))
    graph.initializer.append(numpy_helper.from_array(np.uint8(_ZERO), f"{name}_kernel_zero"))
    pixels, step, zero = (f"{name}_input{part}" for part in ("", "_scale", "_zero"))
    last = node.output[0] if len(node.input) == 2 else f"{name}_product"
    made = [
        helper.make_node("DynamicQuantizeLinear", [node.input[0]], [pixels, step, zero], name=pixels),
        helper.make_node("MatMulInteger", [pixels, kernel.name, zero, f"{name}_kernel_zero"], [f"{name}_sums"], name=f"{name}_sums"),
        helper.make_node("Cast", [f"{name}_sums"], [f"{name}_float"], name=f"{name}_float", to=onnx.TensorProto.FLOAT),
        helper.make_node("Mul", [step, f"{name}_kernel_scale"], [f"{name}_scale"], name=f"{name}_scale"),
        helper.make_node("Mul", [f"{name}_float", f"{name}_scale"], [last], name=last),
    ]
    if len(node.input) > 2:
        made.append(helper.make_node("Add", [last, node.input[2]], [node.output[0]], name=name))
    return made


def _quantised(kernel: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return uint8 (in, out) around 128, and a scale for each output, float32 (out,)."""
    largest = np.abs(kernel).max(axis=0)
    scale = np.where(largest > 0, largest / _STEPS, 1).astype(np.float32)
    return (np.rint(kernel / scale) + _ZERO).astype(np.uint8), scale


def _put_first(graph: onnx.GraphProto, nodes: list[onnx.NodeProto]) -> None:
    rest = list(graph.node)
    del graph.node[:]
    graph.node.extend([*nodes, *rest])
