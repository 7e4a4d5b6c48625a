"""An int8 TFLite model as ONNX: the same weights, scales and zero points, with QuantizeLinear and DequantizeLinear around each operator.

ONNX Runtime and OpenVINO fuse these pairs into integer kernels. Activations become unsigned (the same numbers, the zero point
moved by 128): the fast kernels on x86 take unsigned activations and signed weights. OpenVINO alone takes signed ones, if their zero
point is zero, no pair within what it computes at once, and branches that are put together in integers. Layout is ONNX's, channels first.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import onnx
from ai_edge_litert import schema_py_generated as schema
from onnx import helper

from edgekit.exporting.onnx.nodes import IR_VERSION, OPSET
from edgekit.exporting.onnx.qdq.known import can_write, kinds
from edgekit.exporting.onnx.qdq.operators import KIND_NAMES, WRITERS
from edgekit.exporting.onnx.qdq.tensors import Tensors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edgekit.spec.export import OnnxOptions

__all__ = ["can_write", "write"]

_Kind = schema.BuiltinOperator
# What OpenVINO computes at once: activation functions, and constants that are added, with what stands before them.
_BEFORE_ACTIVATIONS = (_Kind.ADD, _Kind.CONV_2D, _Kind.DEPTHWISE_CONV_2D, _Kind.FULLY_CONNECTED)
_ACTIVATIONS = (_Kind.HARD_SWISH, _Kind.LEAKY_RELU, _Kind.LOGISTIC, _Kind.PRELU, _Kind.RELU, _Kind.RELU6)
_BEFORE_CONSTANTS = (_Kind.MUL, _Kind.RESIZE_BILINEAR)
_DONE_TO_THE_IMAGE = (_Kind.CAST, _Kind.QUANTIZE, _Kind.RESIZE_BILINEAR, _Kind.RESHAPE, _Kind.MUL, _Kind.ADD, _Kind.SPACE_TO_DEPTH, _Kind.PAD)


def write(model: schema.ModelT, options: OnnxOptions) -> onnx.ModelProto:
    """Return a model: uint8 ``image`` (1, height, width, 3) to float32 scores, named after the head."""
    for_openvino = options.rewrites.openvino_steps
    done_to_image = _done_to_image(model)
    later = rounded_later(model) | _bytes_of_the_image(done_to_image) if for_openvino else _rounded_behind_blocks(done_to_image)
    tensors = Tensors(model, for_openvino=for_openvino)
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
    return helper.make_model(written, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)


def rounded_later(model: schema.ModelT) -> frozenset[int]:
    """Return the tensors that OpenVINO does not round: it computes what gives them and their only reader at once."""
    everything = list(zip(kinds(model), model.subgraphs[0].operators, strict=True))
    given_by = {int(operator.outputs[0]): (kind, int(operator.inputs[0])) for kind, operator in everything}
    reads = Counter(int(number) for _, operator in everything for number in operator.inputs)
    later: set[int] = set()
    for kind, operator in everything:
        first, *others = (int(number) for number in operator.inputs)
        beside_constants = given_by.keys().isdisjoint(others)
        before = _BEFORE_ACTIVATIONS if kind in _ACTIVATIONS else _BEFORE_CONSTANTS if kind == _Kind.ADD and beside_constants else ()
        passed = [number for number in _as_rows(first, given_by) if number in given_by]
        if passed and given_by[passed[-1]][0] in before and all(reads[number] == 1 for number in passed):
            later.update(passed)
        elif kind == _Kind.MUL:
            later.update(_within_swish(first, others[0], given_by, reads) or _within_swish(others[0], first, given_by, reads))
    return frozenset(later)


def _within_swish(x: int, gate: int, given_by: Mapping[int, tuple[int, int]], reads: Mapping[int, int]) -> tuple[int, ...]:
    """Return ``x`` and ``gate``, its sigmoid, whose product OpenVINO computes with what gives ``x`` if nothing else reads them."""
    swish = given_by.get(gate) == (_Kind.LOGISTIC, x) and x in given_by and given_by[x][0] in _BEFORE_ACTIVATIONS
    return (x, gate) if swish and (reads[x], reads[gate]) == (2, 1) else ()


def _done_to_image(model: schema.ModelT) -> list[tuple[int, int]]:
    """Return what is done to the image before anything else reads it: the kind of each operator, and the tensor that it gives."""
    everything = list(zip(kinds(model), model.subgraphs[0].operators, strict=True))
    number, passed = int(model.subgraphs[0].inputs[0]), []
    while len(readers := [each for each in everything if number in each[1].inputs]) == 1 and readers[0][0] in _DONE_TO_THE_IMAGE:
        kind, operator = readers[0]
        number = int(operator.outputs[0])
        passed.append((kind, number))
    return passed


def _bytes_of_the_image(done_to_image: list[tuple[int, int]]) -> frozenset[int]:
    """Return the quantised image, whose steps are its bytes (`tflite_input`), where it is scaled, resized or added to: nothing is rounded.

    A layer of integers wants the steps before it.
    """
    match done_to_image:
        case [(_Kind.QUANTIZE, number), (_Kind.MUL | _Kind.RESIZE_BILINEAR | _Kind.ADD, _), *_]:
            return frozenset({number})
    return frozenset()


def _rounded_behind_blocks(done_to_image: list[tuple[int, int]]) -> frozenset[int]:
    """Return what comes of the image before a layer reads it, if blocks of its pixels are among it: all but the last.

    ONNX Runtime moves pixels to blocks in float32 alone, so that rounding before costs steps to integers and back.
    """
    if not any(kind == _Kind.SPACE_TO_DEPTH for kind, _ in done_to_image):
        return frozenset()
    return frozenset([number for kind, number in done_to_image if kind != _Kind.RESHAPE][:-1])


def _as_rows(number: int, given_by: Mapping[int, tuple[int, int]]) -> Iterator[int]:
    """Yield a tensor, and that which it is another shape of: an image that is taken for its rows."""
    yield number
    while number in given_by and given_by[number][0] == _Kind.RESHAPE:
        number = given_by[number][1]
        yield number


def _call_output(tensors: Tensors, output: int, name: str) -> None:
    last = tensors.value(output)
    maker = next(node for node in tensors.nodes.nodes if last in node.output)
    maker.output[0] = name
