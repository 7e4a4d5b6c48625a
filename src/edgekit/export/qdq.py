"""An int8 TFLite model as ONNX: the same weights, scales and zero points, with QuantizeLinear and DequantizeLinear around each operator.

ONNX Runtime and OpenVINO fuse these pairs into integer kernels. Activations become unsigned (the same numbers, the zero point
moved by 128): the fast kernels on x86 take unsigned activations and signed weights. Layout is ONNX's, channels first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx
from ai_edge_litert import schema_py_generated as schema
from onnx import helper

from edgekit.export.graph.onnx_nodes import IR_VERSION
from edgekit.export.qdq_conditions import holds
from edgekit.export.qdq_operators import FUSED, KIND_NAMES, WRITERS
from edgekit.export.qdq_tensors import Tensors

if TYPE_CHECKING:
    from edgekit.spec.export import OnnxOptions


def can_write(model: schema.ModelT) -> bool:
    """Whether every operator of the model is known here, in the way that it is used."""
    operators = model.subgraphs[0].operators
    fused = {getattr(operator.builtinOptions, "fusedActivationFunction", FUSED[0]) for operator in operators}
    known = all(kind in WRITERS for kind in _kinds(model))
    return known and fused <= set(FUSED) and all(holds(kind, model, operator) for kind, operator in zip(_kinds(model), operators, strict=True))


def write(model: schema.ModelT, options: OnnxOptions) -> onnx.ModelProto:
    """Return a model: uint8 ``image`` (1, height, width, 3) to float32 scores, named after the head."""
    tensors = Tensors(model)
    graph = model.subgraphs[0]
    image, output = int(graph.inputs[0]), int(graph.outputs[0])
    tensors.give(image, tensors.nodes.add("Transpose", ["image"], "image_turned", perm=[0, 3, 1, 2]))
    for index, (kind, operator) in enumerate(zip(_kinds(model), graph.operators, strict=True)):
        name, number = f"{KIND_NAMES[kind]}_{index}", int(operator.outputs[0])
        value = WRITERS[kind](tensors, operator, name)
        # What only looks at its input in another way leaves it in the same steps.
        seen_anew = kind == schema.BuiltinOperator.RESHAPE and value == tensors.value(int(operator.inputs[0]))
        tensors.give(number, value if seen_anew else tensors.in_steps(number, value, name))
    _call_output(tensors, output, options.head.value)
    size = options.input_size
    inputs = [helper.make_tensor_value_info("image", onnx.TensorProto.UINT8, [1, size.height_px or "height", size.width_px or "width", 3])]
    outputs = [helper.make_tensor_value_info(options.head.value, onnx.TensorProto.FLOAT, tensors.shape(output))]
    written = helper.make_graph(tensors.nodes.nodes, "edgekit", inputs, outputs, tensors.nodes.constants)
    return helper.make_model(written, opset_imports=[helper.make_opsetid("", options.opset)], ir_version=IR_VERSION)


def _kinds(model: schema.ModelT) -> list[int]:
    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
    return [codes[operator.opcodeIndex] for operator in model.subgraphs[0].operators]


def _call_output(tensors: Tensors, output: int, name: str) -> None:
    last = tensors.value(output)
    maker = next(node for node in tensors.nodes.nodes if last in node.output)
    maker.output[0] = name
