"""What is done to the image for OpenVINO: the same answers of every runtime, and less for OpenVINO to do."""

import tempfile

import cpuinfo
import numpy as np
import onnx
import onnxruntime
import openvino
import pytest
import tract
from hypothesis import given
from hypothesis import strategies as st
from onnx import numpy_helper

from edgekit.exporting.onnx.graph_writer import write
from edgekit.exporting.onnx.nodes import IR_VERSION, Nodes
from edgekit.exporting.onnx.rewrites.openvino_image import openvino_image
from edgekit.graph import ops
from edgekit.spec.export import ANY_SIZE, InputSize
from sketch import Sketch
from vino import compiled

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
    plain, rewritten = (write(graph, "features", size) for _ in range(2))
    openvino_image(rewritten.graph)
    for model in (plain, rewritten):
        onnx.checker.check_model(onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True))
    return plain, rewritten


def kinds(model):
    return [node.op_type for node in model.graph.node]


def by_onnxruntime(data):
    session = onnxruntime.InferenceSession(data)
    return lambda image: session.run(None, {"image": image})[0]


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


@given(
    done=st.lists(st.sampled_from(["shift", "affine"]), max_size=3),
    px=st.integers(1, 12),
    size=st.tuples(st.integers(1, 14), st.integers(1, 14)),
    takes=st.sampled_from(["any", "own", "this"]),
    seed=st.integers(0, 99),
)
def test_any_image_is_answered_alike(done, px, size, takes, seed):
    sketch, random = Sketch(px, seed), np.random.default_rng(seed)
    value = "image"
    for kind in done:
        scale, shift = random.normal(size=(2, 3)).astype(np.float32)
        value = sketch.add(ops.Shift(shift) if kind == "shift" else ops.Affine(scale, shift), value)
    graph = sketch.graph(sketch.add(ops.Flatten(), sketch.conv(value, 4)))
    taken = {"any": ANY_SIZE, "own": InputSize(px, px), "this": InputSize(*size)}[takes]
    image = image_of(*((px, px) if takes == "own" else size))
    answers = [by_onnxruntime(model.SerializeToString())(image) for model in files_of(graph, taken)]
    np.testing.assert_allclose(*answers, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("size", [(PX, PX), (20, 11)])
def test_the_first_image_is_answered_as_every_other(size):
    """Behind an image whose size it did not know, OpenVINO's first answer was of memory that nobody had written."""
    plain, rewritten = (model.SerializeToString() for model in files_of(small_graph(ops.Shift(SHIFT))))
    wanted = by_onnxruntime(plain)(image_of(*size))
    for _ in range(3):
        np.testing.assert_allclose(by_openvino(rewritten)(image_of(*size)), wanted, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize(("rewritten", "size", "resizes"), [(False, (PX, PX), True), (True, (PX, PX), False), (True, (15, PX), True)])
def test_openvino_leaves_out_what_the_size_does_not_need(rewritten, size, resizes):
    sketch = Sketch(PX)
    # As many channels as OpenVINO computes with them last.
    graph = sketch.graph(sketch.add(ops.GlobalAverage(), sketch.conv(sketch.add(ops.Shift(SHIFT), "image"), 64)))
    data = files_of(graph)[rewritten].SerializeToString()
    found = [node.get_rt_info()["layerType"] for node in compiled(data, [1, *size, 3]).get_runtime_model().get_ops()]
    assert ("Interpolate" in found, "If" in found) == (resizes, False)
    if "avx512f" in cpuinfo.get_cpu_info()["flags"]:  # else its convolutions want blocks of channels
        assert ("Transpose" in found) == resizes


def test_a_file_of_the_own_size_has_nothing_to_decide():
    plain, rewritten = files_of(small_graph(ops.Shift(SHIFT)), OWN)
    assert kinds(rewritten)[:4] == ["Cast", "Add", "Transpose", "Conv"]
    answers = [by_onnxruntime(model.SerializeToString())(image_of(PX, PX)) for model in (plain, rewritten)]
    np.testing.assert_allclose(*answers, rtol=1e-5, atol=1e-3)


def test_a_file_of_another_size_always_resizes():
    plain, rewritten = files_of(small_graph(ops.Shift(SHIFT)), InputSize(20, 30))
    assert kinds(rewritten)[:6] == ["Cast", "Transpose", "Resize", "Transpose", "Add", "Transpose"]
    answers = [by_onnxruntime(model.SerializeToString())(image_of(20, 30)) for model in (plain, rewritten)]
    np.testing.assert_allclose(*answers, rtol=1e-5, atol=1e-3)


def test_openvino_knows_the_size_of_what_follows():
    _, rewritten = files_of(small_graph(ops.Shift(SHIFT)))
    (turn,) = (op for op in openvino.Core().read_model(rewritten.SerializeToString()).get_ops() if op.get_type_name() == "Transpose")
    assert turn.output(0).partial_shape == openvino.PartialShape([1, 3, PX, PX])


def in_integers(operand, *, resizes=1):
    """A file with what ``qdq`` writes before a layer: a constant in steps is subtracted, and all is brought to signed steps; `resizes` times resized."""
    nodes = Nodes()
    value = nodes.add("Cast", [nodes.add("Transpose", ["image"], "turned", perm=[0, 3, 1, 2])], "float", to=onnx.TensorProto.FLOAT)
    for number in range(resizes):
        value = nodes.resize(value, (PX >> number, PX >> number, 3), f"resized_{number}")
    for name, dtype, scale in (("operand", np.uint8, 0.5), ("in", np.int8, 1.7), ("out", np.int8, 1.7)):
        nodes.constant(f"{name}_scale", np.array(scale, np.float32))
        nodes.constant(f"{name}_zero", np.array(0, dtype))
    steps = nodes.add("DequantizeLinear", [nodes.constant("stored", operand), "operand_scale", "operand_zero"], "operand")
    value = nodes.add("QuantizeLinear", [nodes.add("Sub", [value, steps], "shifted"), "in_scale", "in_zero"], "quantised")
    value = nodes.add("DequantizeLinear", [value, "out_scale", "out_zero"], "steps")
    kernel = np.random.default_rng(1).normal(size=(4, 3, 3, 3)).astype(np.float32)
    nodes.conv(value, kernel, None, "layer", pads=[1, 1, 1, 1])
    image = onnx.helper.make_tensor_value_info("image", onnx.TensorProto.UINT8, [1, "height", "width", 3])
    layer = onnx.helper.make_tensor_value_info("layer", onnx.TensorProto.FLOAT, None)
    graph = onnx.helper.make_graph(nodes.nodes, "image", [image], [layer], nodes.constants)
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=IR_VERSION)


@pytest.mark.parametrize("shape", [(), (3, 1, 1), (1, 3, 1, 1), (1, 3, 1, PX), (1, 3, PX, PX)])
def test_a_constant_of_any_shape_before_signed_steps(shape):
    """A constant for each channel is one for each pixel of a row then; the image is turned before its steps."""
    model = in_integers(np.random.default_rng(0).integers(0, 256, shape, np.uint8))
    wanted = [by_onnxruntime(model.SerializeToString())(image_of(*size)) for size in SIZES]
    openvino_image(model.graph)
    stored = {constant.name: numpy_helper.to_array(constant) for constant in model.graph.initializer}
    assert stored["stored"].shape == ((1, PX if len(shape) == 4 and shape[2] > 1 else 1, PX, 3) if shape else ())
    assert kinds(model)[-4:] == ["Transpose", "QuantizeLinear", "DequantizeLinear", "Conv"]
    for opened in (by_onnxruntime, by_openvino):
        answer = opened(model.SerializeToString())
        for size, expected in zip(SIZES, wanted, strict=True):
            # What lies half-way between two steps may go either way, resized by one runtime or the other.
            assert (np.abs(answer(image_of(*size)) - expected) <= 1e-3).mean() > 0.9


def test_a_second_resize_is_always_done():
    model = in_integers(np.zeros((3, 1, 1), np.uint8), resizes=2)
    wanted = [by_onnxruntime(model.SerializeToString())(image_of(*size)) for size in SIZES]
    openvino_image(model.graph)
    assert (kinds(model).count("If"), kinds(model).count("Resize")) == (1, 1)
    answer = by_onnxruntime(model.SerializeToString())
    for size, expected in zip(SIZES, wanted, strict=True):
        np.testing.assert_allclose(answer(image_of(*size)), expected, rtol=1e-4, atol=1e-3)


def test_an_image_that_is_read_twice_is_turned_before_both():
    sketch = Sketch(PX)
    shifted = sketch.add(ops.Shift(SHIFT), "image")
    both = sketch.add(ops.Concat(), sketch.conv(shifted, 4), sketch.conv(shifted, 4))
    plain, rewritten = files_of(sketch.graph(sketch.add(ops.GlobalAverage(), both)))
    assert kinds(rewritten).count("Transpose") == 1
    answers = [by_onnxruntime(model.SerializeToString())(image_of(20, 11)) for model in (plain, rewritten)]
    np.testing.assert_allclose(*answers, rtol=1e-4, atol=1e-2)
