"""What is done to the image for OpenVINO: the same answers of every runtime, and less for OpenVINO to do."""

import tempfile

import numpy as np
import onnx
import onnxruntime
import openvino
import pytest
import tract

from edgekit.export.graph import ops
from edgekit.export.graph.onnx import write
from edgekit.export.openvino_image import as_openvino_takes_it
from edgekit.spec.export import ANY_SIZE, InputSize
from sketch import Sketch

PX = 16
OWN = InputSize(PX, PX)
# Another size after the own one, and the own one again; one side alone as it should be is not enough.
SIZES = ((PX, PX), (PX, 17), (15, PX), (20, 11), (1, 1), (30, 40), (PX, PX))
_RANDOM = np.random.default_rng(0)
SHIFT, SCALE = _RANDOM.normal(size=3).astype(np.float32), _RANDOM.uniform(0.5, 2, size=3).astype(np.float32)
DONE_TO_THE_IMAGE = {
    "nothing": (),
    "a shift": (ops.Shift(SHIFT),),
    "a scale and shifts": (ops.Affine(SCALE, SHIFT), ops.Shift(SHIFT)),
}


def small_graph(*done):
    """A graph that does something to its image, and then has a layer of which the channels' and the pixels' order is seen."""
    sketch = Sketch(PX)
    value = "image"
    for op in done:
        value = sketch.add(op, value)
    return sketch.graph(sketch.dense(sketch.add(ops.Flatten(), sketch.conv(value, 4)), 5))


def files_of(graph, size=ANY_SIZE):
    """The graph as a file, and as one for OpenVINO."""
    plain, rewritten = (write(graph, "features", size, 18) for _ in range(2))
    as_openvino_takes_it(rewritten.graph)
    for model in (plain, rewritten):
        onnx.checker.check_model(onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True))
    return plain, rewritten


def kinds(model):
    return [node.op_type for node in model.graph.node]


def by_onnxruntime(data):
    session = onnxruntime.InferenceSession(data)
    return lambda image: session.run(None, {"image": image})[0]


def compiled(data, shape):
    model = openvino.Core().read_model(data)
    model.reshape(shape)
    return openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})


def by_openvino(data):
    model = compiled(data, [1, -1, -1, 3])
    return lambda image: model([image])[0]


def by_tract(data):
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        model = tract.onnx().load(file.name).into_model().into_runnable()
    return lambda image: model.run([image])[0].to_numpy()


def image_of(height, width):
    return np.random.default_rng(0).integers(0, 256, (1, height, width, 3), np.uint8)


@pytest.mark.parametrize("opened", [by_onnxruntime, by_openvino, by_tract])
@pytest.mark.parametrize("done", DONE_TO_THE_IMAGE.values(), ids=DONE_TO_THE_IMAGE)
def test_it_answers_as_the_plain_file_does(opened, done):
    plain, rewritten = files_of(small_graph(*done))
    assert kinds(rewritten).index("Transpose") == kinds(rewritten).index("Conv") - 1
    answer, wanted = opened(rewritten.SerializeToString()), by_onnxruntime(plain.SerializeToString())
    for size in SIZES:
        np.testing.assert_allclose(answer(image_of(*size)), wanted(image_of(*size)), rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("size", [(PX, PX), (20, 11)])
def test_the_first_image_is_answered_as_every_other(size):
    """Behind an image whose size it did not know, OpenVINO's first answer was of memory that nobody had written."""
    plain, rewritten = (model.SerializeToString() for model in files_of(small_graph(ops.Shift(SHIFT))))
    wanted = by_onnxruntime(plain)(image_of(*size))
    for _ in range(3):
        np.testing.assert_allclose(by_openvino(rewritten)(image_of(*size)), wanted, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize(
    ("rewritten", "size", "resizes", "turns"),
    [(False, (PX, PX), True, True), (True, (PX, PX), False, False), (True, (15, PX), True, True)],
)
def test_openvino_leaves_out_what_the_size_does_not_need(rewritten, size, resizes, turns):
    sketch = Sketch(PX)
    # As many channels as OpenVINO computes with them last.
    graph = sketch.graph(sketch.add(ops.GlobalAverage(), sketch.conv(sketch.add(ops.Shift(SHIFT), "image"), 64)))
    data = files_of(graph)[rewritten].SerializeToString()
    found = [node.get_rt_info()["layerType"] for node in compiled(data, [1, *size, 3]).get_runtime_model().get_ops()]
    assert ("Interpolate" in found, "Transpose" in found, "If" in found) == (resizes, turns, False)


def test_a_file_of_the_own_size_has_nothing_to_decide():
    plain, rewritten = files_of(small_graph(ops.Shift(SHIFT)), OWN)
    assert kinds(rewritten)[:4] == ["Cast", "Add", "Transpose", "Conv"]
    answers = [by_onnxruntime(model.SerializeToString())(image_of(PX, PX)) for model in (plain, rewritten)]
    np.testing.assert_allclose(*answers, rtol=1e-5, atol=1e-3)


def test_a_file_of_one_size_that_is_resized_stays_as_it_is():
    plain, rewritten = files_of(small_graph(ops.Shift(SHIFT)), InputSize(20, 30))
    assert rewritten == plain


def test_an_image_that_is_read_twice_is_turned_before_both():
    sketch = Sketch(PX)
    shifted = sketch.add(ops.Shift(SHIFT), "image")
    both = sketch.add(ops.Concat(), sketch.conv(shifted, 4), sketch.conv(shifted, 4))
    plain, rewritten = files_of(sketch.graph(sketch.add(ops.GlobalAverage(), both)))
    assert kinds(rewritten).count("Transpose") == 1
    answers = [by_onnxruntime(model.SerializeToString())(image_of(20, 11)) for model in (plain, rewritten)]
    np.testing.assert_allclose(*answers, rtol=1e-4, atol=1e-2)
