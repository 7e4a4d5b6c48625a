"""What is read of small ONNX graphs' tensors, beside what ONNX's own library put in."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgekit.store.containers.onnx.tensors import read
from edgekit.store.containers.tensors import Boundary, Layer


def value(name, kind=TensorProto.FLOAT, shape=(1, 4)):
    return helper.make_tensor_value_info(name, kind, shape)


def constant(name, shape, dtype=np.float32):
    return numpy_helper.from_array(np.zeros(shape, dtype), name)


def read_graph(nodes, constants=(), inputs=None, outputs=None):
    graph = helper.make_graph(nodes, "g", inputs or [value("image")], outputs or [value("scores")], constants)
    return read(helper.make_model(graph).SerializeToString())


def kernels_of(*graph):
    return [(kernel.dtype, kernel.numbers, kernel.layer is Layer.DENSE) for kernel in read_graph(*graph).kernels]


def test_kernels_are_the_constants_that_convolutions_and_dense_layers_read_second():
    constants = [constant("k", (8, 4, 3, 3)), constant("w", (16, 5), np.int8), constant("m", (4, 2), np.float16), constant("bias", (8,))]
    nodes = [
        helper.make_node("Conv", ["image", "k", "bias"], ["a"]),
        helper.make_node("DequantizeLinear", ["w", "scale"], ["wide"]),
        helper.make_node("Transpose", ["wide"], ["turned"]),
        helper.make_node("Gemm", ["a", "turned"], ["b"]),
        helper.make_node("Cast", ["m"], ["cast"]),
        helper.make_node("MatMul", ["b", "cast"], ["c"]),
        helper.make_node("MatMul", ["b", "c"], ["d"]),
        helper.make_node("Mul", ["d", "k"], ["scores"]),
    ]
    assert kernels_of(nodes, constants) == [("float32", 288, False), ("int8", 80, True), ("float16", 8, True)]
    found = read_graph(nodes, constants)
    assert [kernel.bias for kernel in found.kernels] == ["float32", None, None]
    assert not found.steps


@pytest.mark.parametrize(
    ("kind", "dense"), [("Conv", False), ("ConvTranspose", False), ("ConvInteger", False), ("Gemm", True), ("MatMul", True), ("MatMulInteger", True)]
)
def test_which_operators_are_dense(kind, dense):
    assert kernels_of([helper.make_node(kind, ["image", "k"], ["scores"])], [constant("k", (4, 3), np.uint8)]) == [("uint8", 12, dense)]
    assert read_graph([helper.make_node(kind, ["image"], ["scores"])], [constant("image", (4, 3))]).kernels == []


@pytest.mark.parametrize("turned", [False, True])
def test_a_layer_takes_8_bits_where_they_are_read_as_float32_just_before_it(turned):
    constants = [constant("k", (4, 3), np.int8), constant("bias", (3,), np.int32)]
    nodes = [helper.make_node("DequantizeLinear", [name, f"{name}_scale"], [f"{name}_read"]) for name in ("x", "k", "bias")]
    if turned:
        nodes.append(helper.make_node("Transpose", ["x_read"], ["x_turned"]))
    nodes.append(helper.make_node("Gemm", ["x_turned" if turned else "x_read", "k_read", "bias_read"], ["scores"]))
    (kernel,) = read_graph(nodes, constants).kernels
    assert (kernel.dtype, kernel.bias, kernel.takes_8_bits) == ("int8", "int32", True)
    (kernel,) = read_graph([*nodes[1:-1], helper.make_node("Gemm", ["image", "k_read"], ["scores"])], constants).kernels
    assert (kernel.dtype, kernel.bias, kernel.takes_8_bits) == ("int8", None, False)


@pytest.mark.parametrize(("kind", "shape", "is_scale"), [("Conv", (8, 1, 1, 1), True), ("Conv", (8, 1, 3, 3), False), ("Gemm", (8, 1), False)])
def test_a_scale_is_a_convolution_with_one_number_a_channel(kind, shape, is_scale):
    (kernel,) = read_graph([helper.make_node(kind, ["image", "k"], ["scores"])], [constant("k", shape)]).kernels
    assert kernel.is_scale is is_scale


def test_kernels_of_volumes_do_not_count():
    assert kernels_of([helper.make_node("Conv", ["image", "k"], ["scores"])], [constant("k", (4, 3, 3, 3, 3))]) == []


def test_one_quantised_value_makes_steps():
    nodes = [helper.make_node("Relu", ["image"], ["a"]), helper.make_node("QuantizeLinear", ["a", "s", "z"], ["scores"])]
    assert read_graph(nodes).steps
    assert not read_graph(nodes[:1]).steps


def test_ends_are_those_that_are_no_constants_with_open_extents():
    inputs = [value("k", shape=(4, 4)), value("image", TensorProto.UINT8, ("n", None, "width", 3))]
    outputs = [value("scores", shape=(1, 5)), value("more", TensorProto.DOUBLE, ()), value("odd", TensorProto.COMPLEX64, (1,))]
    found = read_graph([helper.make_node("MatMul", ["image", "k"], ["scores"])], [constant("k", (4, 4))], inputs, outputs)
    assert found.inputs == (Boundary("image", "uint8", (-1, -1, -1, 3)),)
    assert found.outputs == (Boundary("scores", "float32", (1, 5)), Boundary("more", "float64", ()), Boundary("odd", "type 14", (1,)))


def test_names_that_lead_round_in_a_circle_end():
    nodes = [helper.make_node("Cast", ["a"], ["b"]), helper.make_node("Cast", ["b"], ["a"]), helper.make_node("MatMul", ["image", "a"], ["scores"])]
    assert read_graph(nodes).kernels == []


def test_a_model_has_one_graph():
    with pytest.raises(IndexError, match="one graph"):
        read(b"")
    graph = helper.make_model(helper.make_graph([], "g", [value("image")], [value("scores")])).SerializeToString()
    with pytest.raises(IndexError, match="one graph"):
        read(graph + graph)
