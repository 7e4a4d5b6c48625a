"""What is read of a small TFLite model's tensors, beside what was put in."""

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from edgekit.store.containers.tensors import Boundary, Layer
from edgekit.store.containers.tflite.tensors import read
from tiny_tflite import FLOAT, INT8, numbers, small, tensor, written

OPERATOR = schema.BuiltinOperator


def dense_behind_dequantize(kind=OPERATOR.FULLY_CONNECTED):
    """A kernel stored in float16, which another operator gives in float32 before it is used."""
    model = small()
    graph = model.subgraphs[0]
    graph.tensors = [
        tensor("image", (1, 6), FLOAT),
        tensor("stored", (5, 6), schema.TensorType.FLOAT16, 1),
        tensor("widened", (5, 6), FLOAT),
        tensor("scores", (1, 5), FLOAT),
    ]
    graph.tensors[0].shapeSignature = numbers(-1, 6)
    model.buffers[1].data = np.zeros(60, np.uint8)
    for code, builtin in zip(model.operatorCodes, (OPERATOR.DEQUANTIZE, kind), strict=True):
        code.builtinCode, code.customCode = builtin, None
    for operator, inputs, output in zip(graph.operators, ((1,), (0, 2)), (2, 3), strict=True):
        operator.inputs, operator.outputs = numbers(*inputs), numbers(output)
    graph.outputs = numbers(3)
    return model


def kernels_of(found):
    return [(kernel.dtype, kernel.numbers, kernel.layer is Layer.DENSE) for kernel in found.kernels]


def test_a_convolution_in_8_bits():
    found = read(written(small()))
    assert found.inputs == (Boundary("imagename", "int8", (1, 4, 4, 2)),)
    assert found.outputs == (Boundary("scoresname", "int8", (1, 4, 4, 3)),)
    assert (kernels_of(found), found.steps) == ([("int8", 6, False)], True)


@pytest.mark.parametrize(
    ("kind", "kernels"),
    [
        (OPERATOR.FULLY_CONNECTED, [("float16", 30, True)]),
        (OPERATOR.CONV_2D, [("float16", 30, False)]),
        (OPERATOR.DEPTHWISE_CONV_2D, [("float16", 30, False)]),
        (OPERATOR.TRANSPOSE_CONV, [("float16", 30, False)]),
        (OPERATOR.MUL, []),
    ],
)
def test_a_kernel_is_what_is_stored_and_an_open_extent_is_said(kind, kernels):
    model = dense_behind_dequantize(kind)
    found = read(written(model))
    assert (found.inputs[0].shape, found.outputs[0].shape) == ((-1, 6), (1, 5))
    assert (kernels_of(found), found.steps) == (kernels, False)


def test_kinds_of_operators_above_127_have_a_field_of_their_own_and_small_ones_may_be_in_either():
    model = dense_behind_dequantize()
    for code in model.operatorCodes:
        code.deprecatedBuiltinCode, code.builtinCode = code.builtinCode, 0
    assert kernels_of(read(written(model))) == [("float16", 30, True)]
    model.operatorCodes[1].deprecatedBuiltinCode, model.operatorCodes[1].builtinCode = 127, 150
    assert read(written(model)).kernels == []


def test_weights_that_are_computed_are_no_kernels_and_8_bits_in_one_place_are_steps():
    model = dense_behind_dequantize()
    model.buffers[1].data = None
    assert read(written(model)).kernels == []
    model.subgraphs[0].tensors[3].type = INT8
    assert read(written(model)).steps


def test_a_type_that_has_no_name_here_is_told_by_its_number():
    model = small()
    model.subgraphs[0].tensors[2].type = schema.TensorType.COMPLEX64
    assert read(written(model)).outputs[0].dtype == "type 8"
    model.subgraphs[0].inputs = None
    assert read(written(model)).inputs == ()


def test_what_a_layer_in_8_bits_takes_and_adds():
    model = small()
    graph = model.subgraphs[0]
    (kernel,) = read(written(model)).kernels
    assert (kernel.bias, kernel.takes_8_bits, kernel.is_scale) == (None, True, False)
    graph.tensors.append(tensor("bias", (3,), schema.TensorType.INT32))
    graph.operators[0].inputs = numbers(0, 1, 3)
    graph.tensors[0].type = FLOAT
    (kernel,) = read(written(model)).kernels
    assert (kernel.bias, kernel.takes_8_bits) == ("int32", False)


def test_a_transposed_convolution_takes_what_it_reads_third():
    model = small()
    graph = model.subgraphs[0]
    model.operatorCodes[0].builtinCode = OPERATOR.TRANSPOSE_CONV
    graph.tensors += [tensor("extents", (4,), schema.TensorType.INT32), tensor("bias", (3,), schema.TensorType.INT32)]
    graph.operators[0].inputs = numbers(3, 1, 0, 4)
    (kernel,) = read(written(model)).kernels
    assert (kernel.bias, kernel.takes_8_bits) == ("int32", True)


@pytest.mark.parametrize(
    ("kind", "shape", "is_scale"),
    [
        (OPERATOR.DEPTHWISE_CONV_2D, (1, 1, 1, 6), True),
        (OPERATOR.DEPTHWISE_CONV_2D, (1, 1, 2, 3), False),
        (OPERATOR.CONV_2D, (6, 1, 1, 1), True),
        (OPERATOR.CONV_2D, (3, 1, 1, 2), False),
        (OPERATOR.FULLY_CONNECTED, (6, 1), False),
    ],
)
def test_a_scale_is_a_convolution_with_one_number_a_channel(kind, shape, is_scale):
    model = small()
    model.operatorCodes[0].builtinCode = kind
    kernel = model.subgraphs[0].tensors[1]
    kernel.shape, kernel.quantization = numbers(*shape), None
    (found,) = read(written(model)).kernels
    assert found.is_scale is is_scale
