"""A Leaky ReLU of integers as a sum answers as before, and ONNX Runtime computes it in integers."""

from collections import Counter

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from edgekit.exporting.onnx.rewrites.leaky_as_sum import leaky_as_sum

INTEGERS = {"uint8": TensorProto.UINT8, "int8": TensorProto.INT8}


def model(slope, before, after, dtype="uint8", *, read_twice=False):
    """Steps, a Leaky ReLU, other steps; integers in and out, and with ``read_twice`` what was dequantised too."""
    constants = []
    for name, (scale, zero) in (("before", before), ("after", after)):
        constants += [
            numpy_helper.from_array(np.float32(scale), f"{name}_scale"),
            numpy_helper.from_array(np.dtype(dtype).type(zero), f"{name}_zero"),
        ]
    nodes = [
        helper.make_node("DequantizeLinear", ["x", "before_scale", "before_zero"], ["x_steps"], name="x_steps"),
        helper.make_node("LeakyRelu", ["x_steps"], ["leaky"], name="leaky", **({} if slope is None else {"alpha": slope})),
        helper.make_node("QuantizeLinear", ["leaky", "after_scale", "after_zero"], ["y"], name="y"),
    ]
    outputs = [helper.make_tensor_value_info("y", INTEGERS[dtype], ["count"])]
    if read_twice:
        nodes.append(helper.make_node("Neg", ["x_steps"], ["z"], name="z"))
        outputs.append(helper.make_tensor_value_info("z", TensorProto.FLOAT, ["count"]))
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", INTEGERS[dtype], ["count"])], outputs, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def summed(made):
    rewritten = onnx.ModelProto()
    rewritten.CopyFrom(made)
    leaky_as_sum(rewritten.graph)
    onnx.checker.check_model(rewritten, full_check=True)
    return rewritten


def kinds(made):
    return Counter(node.op_type for node in made.graph.node)


def answers(made, values):
    return onnxruntime.InferenceSession(made.SerializeToString()).run(None, {"x": values})


@settings(max_examples=60)
@given(
    slope=st.floats(0.001, 0.999),
    scale=st.floats(1e-4, 1.0),
    ratio=st.floats(1 / 8, 8.0),
    zeros=st.tuples(st.integers(0, 255), st.integers(0, 255)),
    dtype=st.sampled_from(sorted(INTEGERS)),
)
def test_every_number_is_rounded_as_before_but_for_halves(slope, scale, ratio, zeros, dtype):
    least = np.iinfo(dtype).min
    before, after = ((step, zero + least) for step, zero in zip((scale, scale / ratio), zeros, strict=True))
    made = model(slope, before, after, dtype)
    rewritten = summed(made)
    assert kinds(rewritten) == {"Clip": 1, "DequantizeLinear": 2, "Add": 1, "QuantizeLinear": 1}
    values = np.arange(least, least + 256).astype(dtype)
    assert {constant.name for constant in rewritten.graph.initializer} <= {name for node in rewritten.graph.node for name in node.input}
    (was,), (got,) = answers(made, values), answers(rewritten, values)
    centred = (values.astype(np.float64) - before[1]) * np.float32(before[0])
    exact = np.where(centred < 0, slope, 1) * centred / np.float32(after[0])
    # Half-way between two steps, the last bits of a sum decide, whose terms are as large as all steps are.
    unsure = np.abs(exact - np.floor(exact) - 0.5) < 1e-5 + 256 * ratio * 2**-20
    np.testing.assert_array_equal(got[~unsure], was[~unsure])
    assert np.abs(got.astype(int) - was.astype(int)).max() <= 1


@pytest.mark.parametrize("slope", [0.0, 1.0, 1.5, -0.5])
def test_other_slopes_are_left_alone(slope):
    made = model(slope, (0.1, 100), (0.1, 20))
    assert summed(made) == made


def test_the_slope_that_is_not_said_is_onnx_own():
    made, values = model(None, (0.1, 200), (0.0023, 200)), np.arange(256, dtype=np.uint8)
    rewritten = summed(made)
    assert kinds(rewritten)["LeakyRelu"] == 0
    np.testing.assert_array_equal(answers(rewritten, values), answers(made, values))


def test_what_others_read_of_the_steps_stays():
    made, values = model(0.2, (0.1, 100), (0.07, 20), read_twice=True), np.arange(256, dtype=np.uint8)
    rewritten = summed(made)
    assert kinds(rewritten)["DequantizeLinear"] == 3
    for was, got in zip(answers(made, values), answers(rewritten, values), strict=True):
        np.testing.assert_array_equal(got, was)


def test_a_leaky_relu_of_floats_is_left_alone():
    made = model(0.2, (0.1, 100), (0.1, 20))
    made.graph.node[0].op_type = "QuantizeLinear"
    leaky_as_sum(made.graph)
    assert kinds(made)["LeakyRelu"] == 1


def test_a_scale_for_each_channel_is_left_alone():
    made = model(0.2, (0.1, 100), (0.1, 20))
    for constant, value in zip(made.graph.initializer, ([0.1, 0.2], [100, 90]), strict=False):
        constant.CopyFrom(numpy_helper.from_array(np.array(value, np.float32 if constant.name == "before_scale" else np.uint8), constant.name))
    leaky_as_sum(made.graph)
    assert kinds(made)["LeakyRelu"] == 1


@pytest.mark.parametrize("dtype", sorted(INTEGERS))
def test_onnxruntime_adds_integers(dtype, tmp_path):
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    onnxruntime.InferenceSession(summed(model(0.2, (0.1, 100), (0.1, 20), dtype)).SerializeToString(), options)
    assert kinds(onnx.load(tmp_path / "optimised.onnx")) == {"Clip": 1, "QLinearAdd": 1}
