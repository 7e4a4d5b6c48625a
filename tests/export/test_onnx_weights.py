"""Narrowed weights: what ONNX Runtime's fused kernels answer is what the file says, and what the wide file answered."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgekit.export.onnx import narrow

STEP = 0.05
CHANNELS = 16


def an_int8_layer(kind):
    """A convolution or a fully connected layer between two quantised tensors, whose bias outweighs its sums."""
    rng = np.random.default_rng(0)
    shape = (CHANNELS, CHANNELS, 3, 3) if kind == "Conv" else (CHANNELS, CHANNELS)
    scales = rng.uniform(0.002, 0.004, CHANNELS).astype(np.float32)
    constants = {
        "step": np.float32(STEP),
        "zero": np.uint8(128),
        "kernel_stored": rng.integers(-127, 128, shape, np.int8),
        "kernel_scale": scales,
        "kernel_zero": np.zeros(CHANNELS, np.int8),
        "bias_stored": (rng.choice([-1, 1], CHANNELS) * rng.uniform(2, 4, CHANNELS) / (STEP * scales)).astype(np.int32),
        "bias_scale": STEP * scales,
        "bias_zero": np.zeros(CHANNELS, np.int32),
    }
    nodes = [
        helper.make_node("QuantizeLinear", ["image", "step", "zero"], ["image_stored"]),
        helper.make_node("DequantizeLinear", ["image_stored", "step", "zero"], ["image_steps"]),
        helper.make_node("DequantizeLinear", ["kernel_stored", "kernel_scale", "kernel_zero"], ["kernel"], axis=0),
        helper.make_node("DequantizeLinear", ["bias_stored", "bias_scale", "bias_zero"], ["bias"], axis=0),
        helper.make_node(kind, ["image_steps", "kernel", "bias"], ["sums"], **({} if kind == "Conv" else {"transB": 1})),
        helper.make_node("QuantizeLinear", ["sums", "step", "zero"], ["sums_stored"]),
        helper.make_node("DequantizeLinear", ["sums_stored", "step", "zero"], ["answer"]),
    ]
    places = [3, 3] if kind == "Conv" else []
    graph = helper.make_graph(
        nodes,
        kind,
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, CHANNELS, *places])],
        [helper.make_tensor_value_info("answer", TensorProto.FLOAT, [1, CHANNELS, *[1 for _ in places]])],
        [numpy_helper.from_array(values, name) for name, values in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9).SerializeToString()


def answer(model, image, *, fused=True):
    options = onnxruntime.SessionOptions()
    if not fused:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(model, options).run(None, {"image": image})[0]


@pytest.mark.parametrize("kind", ["Conv", "Gemm"])
def test_narrowed_weights_take_their_biases_along(kind):
    wide = an_int8_layer(kind)
    data, whole = narrow(wide)
    assert whole
    stored = {constant.name: numpy_helper.to_array(constant) for constant in onnx.load_from_string(data).graph.initializer}
    assert (stored["kernel_stored"].min(), stored["kernel_stored"].max()) == (-64, 63)
    image = np.random.default_rng(1).uniform(-1, 1, [1, CHANNELS, 3, 3] if kind == "Conv" else [1, CHANNELS]).astype(np.float32)
    served, meant, before = answer(data, image), answer(data, image, fused=False), answer(wide, image, fused=False)
    assert np.abs(before).max() > 2
    assert np.abs(served - meant).max() <= 1.01 * STEP
    assert np.abs(meant - before).max() <= 3 * STEP
