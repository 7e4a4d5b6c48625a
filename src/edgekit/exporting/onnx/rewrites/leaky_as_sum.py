"""Leaky ReLU of integers in an ONNX file as a sum: s · x + (1 − s) · max(x, 0).

Both terms are integers in the steps of x, scaled where they are dequantised, so that ONNX Runtime computes a Clip and a QLinearAdd. Of a
quantised Leaky ReLU it looks up every number in a table, which takes twice as long on x86. (A Max of 8-bit integers it has since 1.24 alone.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import helper, numpy_helper

from edgekit.exporting.onnx.nodes import Nodes

if TYPE_CHECKING:
    import onnx
    from numpy.typing import NDArray


def leaky_as_sum(graph: onnx.GraphProto) -> bool:
    """Write every Leaky ReLU of dequantised integers so, if they have one scale and zero point, and its slope lies between 0 and 1."""
    constants = {constant.name: constant for constant in graph.initializer}
    dequantised = {node.output[0]: node for node in graph.node if node.op_type == "DequantizeLinear"}
    written = Nodes()
    for node in graph.node:
        steps = dequantised.get(node.input[0]) if node.op_type == "LeakyRelu" else None
        known = [numpy_helper.to_array(constants[name]) for name in steps.input[1:] if name in constants] if steps else []
        if steps and [values.size for values in known] == [1, 1] and 0 < _slope(node) < 1:
            _write_sum(written, node, steps.input[0], *(values.reshape(()) for values in known))
        else:
            written.nodes.append(node)
    del graph.node[:]
    graph.node.extend(written.nodes)
    graph.initializer.extend(written.constants)
    _drop_unread_steps(graph)
    return bool(written.constants)


def _drop_unread_steps(graph: onnx.GraphProto) -> None:
    """Drop what dequantises for nobody, and its constants."""
    read = {value.name for value in graph.output}.union(*(node.input for node in graph.node))
    unread = [node for node in graph.node if node.op_type == "DequantizeLinear" and node.output[0] not in read]
    for node in unread:
        graph.node.remove(node)
    idle = {name for node in unread for name in node.input}.difference(*(node.input for node in graph.node))
    for constant in [constant for constant in graph.initializer if constant.name in idle]:
        graph.initializer.remove(constant)


def _slope(node: onnx.NodeProto) -> float:
    return float(next((helper.get_attribute_value(attribute) for attribute in node.attribute if attribute.name == "alpha"), 0.01))


def _write_sum(written: Nodes, node: onnx.NodeProto, integers: str, scale: NDArray[Any], zero: NDArray[Any]) -> None:
    positive = written.add("Clip", [integers, written.constant(f"{node.name}_least", zero)], f"{node.name}_positive")
    terms = []
    for term, values, share in (("all", integers, _slope(node)), ("positive", positive, 1 - _slope(node))):
        name = f"{node.name}_{term}"
        scaled = written.constant(f"{name}_scale", (share * scale).astype(np.float32))
        terms.append(written.add("DequantizeLinear", [values, scaled, written.constant(f"{name}_zero", zero)], f"{name}_steps"))
    written.nodes.append(helper.make_node("Add", terms, node.output, name=node.name))
