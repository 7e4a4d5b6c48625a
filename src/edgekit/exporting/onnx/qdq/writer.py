"""An int8 TFLite model as ONNX: the same weights, scales and zero points, with QuantizeLinear and DequantizeLinear around each operator.

ONNX Runtime and OpenVINO fuse these pairs into integer kernels. Activations become unsigned (the same numbers, the zero point
moved by 128): the fast kernels on x86 take unsigned activations and signed weights. OpenVINO alone takes signed ones, if their zero
point is zero, no pair within what it computes at once, and branches that are put together in integers. Layout is ONNX's, channels first.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import onnx
from onnx import helper

from edgekit.exporting.onnx.nodes import IR_VERSION, OPSET
from edgekit.exporting.onnx.qdq.known import can_write
from edgekit.exporting.onnx.qdq.operators import WRITERS
from edgekit.exporting.onnx.qdq.tensors import Tensors
from edgekit.exporting.tflite.operator import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edgekit.exporting.tflite.model import TFLiteModel
    from edgekit.spec.export import OnnxOptions

__all__ = ["can_write", "write"]

# What OpenVINO computes at once: activation functions, and constants that are added, with what stands before them.
_BEFORE_ACTIVATIONS = (Kind.ADD, Kind.CONV_2D, Kind.DEPTHWISE_CONV_2D, Kind.FULLY_CONNECTED)
_ACTIVATIONS = (Kind.HARD_SWISH, Kind.LEAKY_RELU, Kind.LOGISTIC, Kind.PRELU, Kind.RELU, Kind.RELU6)
_BEFORE_CONSTANTS = (Kind.MUL, Kind.RESIZE_BILINEAR)
_DONE_TO_THE_IMAGE = (Kind.CAST, Kind.QUANTIZE, Kind.RESIZE_BILINEAR, Kind.RESHAPE, Kind.MUL, Kind.ADD, Kind.SPACE_TO_DEPTH, Kind.PAD)


def write(model: TFLiteModel, options: OnnxOptions) -> onnx.ModelProto:
    """Return a model: uint8 ``image`` (1, height, width, 3) to float32 scores, named after the head."""
    for_openvino = options.rewrites.openvino_steps
    done_to_image = _done_to_image(model)
    later = rounded_later(model) | _bytes_of_the_image(done_to_image) if for_openvino else _rounded_behind_blocks(done_to_image)
    tensors = Tensors(model, for_openvino=for_openvino)
    image, output = model.inputs[0], model.outputs[0]
    tensors.give(image, tensors.nodes.add("Transpose", ["image"], "image_turned", perm=[0, 3, 1, 2]))
    for index, operator in enumerate(model.operators):
        name, number = f"{operator.kind_name.lower()}_{index}", operator.output
        value = WRITERS[operator.kind](tensors, operator, name)
        # What only looks at its input in another way leaves it in the same steps.
        seen_anew = operator.kind == Kind.RESHAPE and value == tensors.value(operator.inputs[0])
        tensors.give(number, value if seen_anew or number in later else tensors.in_steps(number, value, name))
    _call_output(tensors, output, options.head.value)
    size = options.input_size
    inputs = [helper.make_tensor_value_info("image", onnx.TensorProto.UINT8, [1, size.height_px or "height", size.width_px or "width", 3])]
    outputs = [helper.make_tensor_value_info(options.head.value, onnx.TensorProto.FLOAT, tensors.shape(output))]
    written = helper.make_graph(tensors.nodes.nodes, "edgekit", inputs, outputs, tensors.nodes.constants)
    return helper.make_model(written, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)


def rounded_later(model: TFLiteModel) -> frozenset[int]:
    """Return the tensors that OpenVINO does not round: it computes what gives them and their only reader at once."""
    given_by = {operator.output: (operator.kind, operator.inputs[0]) for operator in model.operators}
    reads = Counter(number for operator in model.operators for number in operator.inputs)
    later: set[int] = set()
    for operator in model.operators:
        kind, (first, *others) = operator.kind, operator.inputs
        beside_constants = given_by.keys().isdisjoint(others)
        before = _BEFORE_ACTIVATIONS if kind in _ACTIVATIONS else _BEFORE_CONSTANTS if kind == Kind.ADD and beside_constants else ()
        passed = [number for number in _as_rows(first, given_by) if number in given_by]
        if passed and given_by[passed[-1]][0] in before and all(reads[number] == 1 for number in passed):
            later.update(passed)
        elif kind == Kind.MUL:
            later.update(_within_swish(first, others[0], given_by, reads) or _within_swish(others[0], first, given_by, reads))
    return frozenset(later)


def _within_swish(x: int, gate: int, given_by: Mapping[int, tuple[int, int]], reads: Mapping[int, int]) -> tuple[int, ...]:
    """Return ``x`` and ``gate``, its sigmoid, whose product OpenVINO computes with what gives ``x`` if nothing else reads them."""
    swish = given_by.get(gate) == (Kind.LOGISTIC, x) and x in given_by and given_by[x][0] in _BEFORE_ACTIVATIONS
    return (x, gate) if swish and (reads[x], reads[gate]) == (2, 1) else ()


def _done_to_image(model: TFLiteModel) -> list[tuple[int, int]]:
    """Return what is done to the image before anything else reads it: the kind of each operator, and the tensor that it gives."""
    number, passed = model.inputs[0], []
    while len(readers := model.readers(number)) == 1 and readers[0].kind in _DONE_TO_THE_IMAGE:
        number = readers[0].output
        passed.append((readers[0].kind, number))
    return passed


def _bytes_of_the_image(done_to_image: list[tuple[int, int]]) -> frozenset[int]:
    """Return the quantised image, whose steps are its bytes (`tflite.image`), where it is scaled, resized or added to: nothing is rounded.

    A layer of integers wants the steps before it.
    """
    match done_to_image:
        case [(Kind.QUANTIZE, number), (Kind.MUL | Kind.RESIZE_BILINEAR | Kind.ADD, _), *_]:
            return frozenset({number})
    return frozenset()


def _rounded_behind_blocks(done_to_image: list[tuple[int, int]]) -> frozenset[int]:
    """Return what comes of the image before a layer reads it, if blocks of its pixels are among it: all but the last.

    ONNX Runtime moves pixels to blocks in float32 alone, so that rounding before costs steps to integers and back.
    """
    if not any(kind == Kind.SPACE_TO_DEPTH for kind, _ in done_to_image):
        return frozenset()
    return frozenset([number for kind, number in done_to_image if kind != Kind.RESHAPE][:-1])


def _as_rows(number: int, given_by: Mapping[int, tuple[int, int]]) -> Iterator[int]:
    """Yield a tensor, and that which it is another shape of: an image that is taken for its rows."""
    yield number
    while number in given_by and given_by[number][0] == Kind.RESHAPE:
        number = given_by[number][1]
        yield number


def _call_output(tensors: Tensors, output: int, name: str) -> None:
    last = tensors.value(output)
    maker = next(node for node in tensors.nodes.nodes if last in node.output)
    maker.output[0] = name
