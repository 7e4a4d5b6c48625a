"""A resize that is left out where it changes nothing: the same answers, and nothing of it in what OpenVINO compiles for that size."""

import numpy as np
import onnx
import onnxruntime
import openvino
import pytest
from onnx import TensorProto, helper

from edgekit.export.graph.onnx_nodes import IR_VERSION, Nodes
from edgekit.export.graph.onnx_resize import write_resize

OWN = (6, 8)


def model_of(*, if_needed):
    nodes = Nodes()
    write_resize(nodes, (*OWN, 3), "image", "resized", if_needed=if_needed)
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, "height", "width"])
    resized = helper.make_tensor_value_info("resized", TensorProto.FLOAT, [1, 3, *OWN])
    graph = helper.make_graph(nodes.nodes, "resize", [image], [resized], nodes.constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=IR_VERSION)
    onnx.checker.check_model(onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True))
    return model.SerializeToString()


def by_onnxruntime(data):
    session = onnxruntime.InferenceSession(data)
    return lambda image: session.run(None, {"image": image})[0]


def by_openvino(data, shape=(1, 3, -1, -1)):
    model = openvino.Core().read_model(data)
    model.reshape(list(shape))
    compiled = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda image: compiled([image])[0], [node.get_rt_info()["layerType"] for node in compiled.get_runtime_model().get_ops()]


def image_of(height, width):
    return np.random.default_rng(0).normal(size=(1, 3, height, width)).astype(np.float32)


# Each side alone as it should be is not enough; another size after the own one, and the own one again.
@pytest.mark.parametrize("opened", [by_onnxruntime, lambda data: by_openvino(data)[0]])
def test_it_answers_as_a_plain_resize_does(opened):
    answer, wanted = opened(model_of(if_needed=True)), by_onnxruntime(model_of(if_needed=False))
    for size in (OWN, (6, 9), (7, 8), (8, 6), (3, 4), (1, 1), (30, 20), OWN):
        image = image_of(*size)
        np.testing.assert_allclose(answer(image), wanted(image), atol=1e-5)
    np.testing.assert_array_equal(answer(image_of(*OWN)), image_of(*OWN))


@pytest.mark.parametrize(("if_needed", "size", "resizes"), [(False, OWN, True), (True, OWN, False), (True, (5, 8), True)])
def test_openvino_leaves_out_what_the_size_does_not_need(if_needed, size, resizes):
    _, kinds = by_openvino(model_of(if_needed=if_needed), (1, 3, *size))
    assert ("Interpolate" in kinds, "If" in kinds) == (resizes, False)
