"""An int8 TFLite model as ONNX: the same weights, scales and zero points, with QuantizeLinear and DequantizeLinear around each operator.

ONNX Runtime and OpenVINO fuse these pairs into integer kernels. Activations become unsigned (the same numbers, the zero point
moved by 128): the fast kernels on x86 take unsigned activations and signed weights. OpenVINO alone takes signed ones, if their zero
point is zero, and no pair before an activation function. Layout is ONNX's, channels first.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import onnx
from ai_edge_litert import schema_py_generated as schema
from onnx import helper

from edgekit.export.graph.onnx_nodes import IR_VERSION
from edgekit.export.qdq_known import can_write, kinds
from edgekit.export.qdq_operators import KIND_NAMES, WRITERS
from edgekit.export.qdq_tensors import Tensors

if TYPE_CHECKING:
    from edgekit.spec.export import OnnxOptions

__all__ = ["can_write", "write"]

_Kind = schema.BuiltinOperator
# What OpenVINO computes at once.
_BEFORE_ACTIVATIONS = (_Kind.ADD, _Kind.CONV_2D, _Kind.DEPTHWISE_CONV_2D, _Kind.FULLY_CONNECTED)
_ACTIVATIONS = (_Kind.LEAKY_RELU, _Kind.PRELU, _Kind.RELU)


def write(model: schema.ModelT, options: OnnxOptions) -> onnx.ModelProto:
    """Return a model: uint8 ``image`` (1, height, width, 3) to float32 scores, named after the head."""
    for_openvino = options.rewrites.openvino_steps
    later = rounded_later(model) if for_openvino else ()
    tensors = Tensors(model, signed=for_openvino)
    graph = model.subgraphs[0]
    image, output = int(graph.inputs[0]), int(graph.outputs[0])
    tensors.give(image, tensors.nodes.add("Transpose", ["image"], "image_turned", perm=[0, 3, 1, 2]))
    for index, (kind, operator) in enumerate(zip(kinds(model), graph.operators, strict=True)):
        name, number = f"{KIND_NAMES[kind]}_{index}", int(operator.outputs[0])
        value = WRITERS[kind](tensors, operator, name)
        # What only looks at its input in another way leaves it in the same steps.
        seen_anew = kind == _Kind.RESHAPE and value == tensors.value(int(operator.inputs[0]))
        tensors.give(number, value if seen_anew or number in later else tensors.in_steps(number, value, name))
    _call_output(tensors, output, options.head.value)
    size = options.input_size
    inputs = [helper.make_tensor_value_info("image", onnx.TensorProto.UINT8, [1, size.height_px or "height", size.width_px or "width", 3])]
    outputs = [helper.make_tensor_value_info(options.head.value, onnx.TensorProto.FLOAT, tensors.shape(output))]
    written = helper.make_graph(tensors.nodes.nodes, "edgekit", inputs, outputs, tensors.nodes.constants)
    return helper.make_model(written, opset_imports=[helper.make_opsetid("", options.opset)], ir_version=IR_VERSION)


def rounded_later(model: schema.ModelT) -> frozenset[int]:
    """Return the tensors that OpenVINO does not round: only an activation function reads them, which it computes at once with what gives them."""
    everything = list(zip(kinds(model), model.subgraphs[0].operators, strict=True))
    reads = Counter(int(number) for _, operator in everything for number in operator.inputs)
    given = {int(operator.outputs[0]) for kind, operator in everything if kind in _BEFORE_ACTIVATIONS}
    activated = {int(operator.inputs[0]) for kind, operator in everything if kind in _ACTIVATIONS}
    return frozenset(number for number in given & activated if reads[number] == 1)


def _call_output(tensors: Tensors, output: int, name: str) -> None:
    last = tensors.value(output)
    maker = next(node for node in tensors.nodes.nodes if last in node.output)
    maker.output[0] = name
