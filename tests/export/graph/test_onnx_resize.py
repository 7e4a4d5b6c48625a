"""A resize that is left out where it changes nothing: the same answers, and nothing of it in what OpenVINO compiles for that size."""

import tempfile

import numpy as np
import onnx
import onnxruntime
import openvino
import pytest
import tract
from onnx import TensorProto, helper

from edgekit.export.graph import ops
from edgekit.export.graph.onnx import write
from edgekit.export.graph.onnx_nodes import IR_VERSION, Nodes
from edgekit.export.graph.onnx_resize import write_resize
from edgekit.spec.export import ANY_SIZE
from sketch import Sketch

OWN = (6, 8)
# Another size after the own one, and the own one again; one side alone as it should be is not enough.
SIZES = (OWN, (6, 9), (7, 8), (8, 6), (3, 4), (1, 1), (30, 20), OWN)


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


def compiled(data, shape):
    model = openvino.Core().read_model(data)
    model.reshape(shape)
    return openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})


def by_openvino(data):
    model = compiled(data, [1, 3, -1, -1])
    return lambda image: model([image])[0]


def by_tract(data):
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        model = tract.onnx().load(file.name).into_model().into_runnable()
    return lambda image: model.run([image])[0].to_numpy()


def image_of(height, width):
    return np.random.default_rng(0).normal(size=(1, 3, height, width)).astype(np.float32)


@pytest.mark.parametrize("opened", [by_onnxruntime, by_openvino, by_tract])
def test_it_answers_as_a_plain_resize_does(opened):
    answer, wanted = opened(model_of(if_needed=True)), by_onnxruntime(model_of(if_needed=False))
    for size in SIZES:
        np.testing.assert_allclose(answer(image_of(*size)), wanted(image_of(*size)), atol=1e-5)
    np.testing.assert_array_equal(answer(image_of(*OWN)), image_of(*OWN))


@pytest.mark.parametrize(("if_needed", "size", "resizes"), [(False, OWN, True), (True, OWN, False), (True, (5, 8), True)])
def test_openvino_leaves_out_what_the_size_does_not_need(if_needed, size, resizes):
    kinds = [node.get_rt_info()["layerType"] for node in compiled(model_of(if_needed=if_needed), [1, 3, *size]).get_runtime_model().get_ops()]
    assert ("Interpolate" in kinds, "If" in kinds) == (resizes, False)


def test_openvino_knows_the_size_of_what_follows():
    assert openvino.Core().read_model(model_of(if_needed=True)).output(0).partial_shape == openvino.PartialShape([1, 3, *OWN])


# Behind an image whose size it did not know, OpenVINO's first answer was of memory that nobody had written.
@pytest.mark.parametrize("size", [(16, 16), (20, 11)])
def test_the_first_image_is_answered_as_every_other(size):
    sketch = Sketch(16)
    shifted = sketch.add(ops.Shift(np.zeros(3, np.float32)), "image")
    graph = sketch.graph(sketch.add(ops.GlobalAverage(), sketch.conv(sketch.conv(shifted, 8), 5)))
    plain, if_needed = (write(graph, "features", ANY_SIZE, 18, resize_if_needed=needed).SerializeToString() for needed in (False, True))
    image = np.random.default_rng(0).integers(0, 256, (1, *size, 3), np.uint8)
    wanted = by_onnxruntime(plain)(image)
    for _ in range(3):
        np.testing.assert_allclose(compiled(if_needed, [1, -1, -1, 3])([image])[0], wanted, rtol=1e-4, atol=1e-3)
