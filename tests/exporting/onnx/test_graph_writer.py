"""A graph written as ONNX answers as it does through Keras."""

from collections import Counter

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.exporting.onnx.graph_writer import can_write, write
from edgekit.graph import ops
from edgekit.spec.export import ANY_SIZE, InputSize
from sketch import AVERAGE, MAX, SAME, VALID, Sketch, answers, assert_same, onnx_answers, onnx_model

PADDINGS = st.sampled_from([SAME, VALID])
SHAPES = st.tuples(st.integers(1, 8), st.integers(1, 8))


@given(
    kernel=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    stride=st.integers(1, 4),
    padding=PADDINGS,
    shape=SHAPES,
    depthwise=st.booleans(),
    seed=st.integers(0, 99),
)
def test_convolutions(kernel, stride, padding, shape, depthwise, seed):
    sketch = Sketch(9, seed)
    shape = tuple(max(pair) for pair in zip(shape, kernel, strict=True)) if padding is VALID else shape
    x = sketch.image_of(*shape, 4)
    # Keras knows depthwise convolutions with a square kernel alone.
    y = sketch.depthwise(x, min(kernel), stride, padding) if depthwise else sketch.conv(x, 3, kernel, stride, padding)
    graph = sketch.graph(sketch.add(ops.Flatten(), y))
    assert_same(onnx_answers(graph), answers(graph))


@given(
    kind=st.sampled_from([MAX, AVERAGE]), size=st.integers(1, 4), stride=st.integers(1, 4), padding=PADDINGS, shape=SHAPES, seed=st.integers(0, 99)
)
def test_pools(kind, size, stride, padding, shape, seed):
    """Zeros around an image are no part of an average, and never the largest."""
    sketch = Sketch(9, seed)
    shape = tuple(max(extent, size) for extent in shape) if padding is VALID else shape
    x = sketch.add(ops.Shift(np.full(3, -9, np.float32)), sketch.image_of(*shape, 3))
    graph = sketch.graph(sketch.add(ops.Flatten(), sketch.add(ops.Pool(kind, size, stride, padding), x)))
    assert_same(onnx_answers(graph), answers(graph))


ELEMENTWISE = {
    "affine": lambda sketch, x: sketch.affine(x, "0+-"),
    "shift": lambda sketch, x: sketch.add(ops.Shift(sketch.values(sketch.shape(x)[-1])), x),
    "leaky": lambda sketch, x: sketch.add(ops.Leaky(0.3), x),
    "relu": lambda sketch, x: sketch.add(ops.Leaky(0.0), x),
    "clip": lambda sketch, x: sketch.add(ops.Clip(6.0), x),
    "prelu": lambda sketch, x: sketch.add(ops.LeakyByChannel(sketch.values(sketch.shape(x)[-1])), x),
    "add": lambda sketch, x: sketch.add(ops.Add(), x, sketch.add(ops.Leaky(0.5), x)),
    "concat": lambda sketch, x: sketch.add(ops.Concat(), x, sketch.add(ops.Leaky(0.5), x), x),
}


@pytest.mark.parametrize("kind", ELEMENTWISE)
@pytest.mark.parametrize("channels", [5, 70])
def test_what_works_on_images_and_vectors(kind, channels):
    sketch = Sketch(5)
    image = ELEMENTWISE[kind](sketch, sketch.image_of(2, 3, channels))
    vector = ELEMENTWISE[kind](sketch, sketch.add(ops.GlobalAverage(), image))
    graph = sketch.graph(sketch.add(ops.Concat(), sketch.add(ops.Flatten(), image), vector))
    assert_same(onnx_answers(graph), answers(graph))


def test_a_mean_as_an_image_of_one_pixel():
    sketch = Sketch(5)
    mean = sketch.add(ops.GlobalAverage(as_image=True), sketch.image_of(2, 3, 4))
    graph = sketch.graph(sketch.add(ops.Flatten(), sketch.conv(mean, 3, (1, 1))))
    assert_same(onnx_answers(graph), answers(graph))


def test_blocks_of_pixels_as_channels():
    sketch = Sketch(6)
    graph = sketch.graph(sketch.add(ops.Flatten(), sketch.add(ops.SpaceToDepth(3), "image")))
    assert_same(onnx_answers(graph), answers(graph), 0)


def test_zeros_around_an_image_and_channels_as_blocks_of_pixels():
    sketch = Sketch(4)
    padded = sketch.add(ops.Pad((1, 0), (2, 3)), sketch.image_of(2, 3, 8))
    graph = sketch.graph(sketch.add(ops.Flatten(), sketch.add(ops.DepthToSpace(2), padded)))
    assert_same(onnx_answers(graph), answers(graph))


def test_fully_connected_layers_read_a_flattened_image_without_a_transpose():
    sketch = Sketch(5)
    flat = sketch.add(ops.Flatten(), sketch.image_of(2, 3, 4))
    graph = sketch.graph(sketch.add(ops.Softmax(), sketch.add(ops.Add(), sketch.dense(flat, 3), sketch.dense(flat, 3))))
    assert Counter(node.op_type for node in onnx_model(graph).graph.node)["Transpose"] == 1
    assert_same(onnx_answers(graph), answers(graph))


def test_what_else_reads_it_wants_channels_last():
    sketch = Sketch(5)
    flat = sketch.add(ops.Flatten(), sketch.image_of(2, 3, 4))
    graph = sketch.graph(sketch.add(ops.Concat(), sketch.dense(flat, 3), sketch.add(ops.Leaky(0.1), flat)))
    assert Counter(node.op_type for node in onnx_model(graph).graph.node)["Transpose"] == 2
    assert_same(onnx_answers(graph), answers(graph))


@pytest.mark.parametrize(("size", "resizing"), [(ANY_SIZE, ["Resize"]), (InputSize(5, 5), []), (InputSize(5, 7), ["Resize"])])
def test_the_image_is_resized_where_it_may_have_another_size(size, resizing):
    sketch = Sketch(5)
    graph = sketch.graph(sketch.dense(sketch.add(ops.Flatten(), "image"), 3))
    model = write(graph, "logits", size)
    assert [node.op_type for node in model.graph.node if node.op_type in ("Resize", "If")] == resizing
    dims = [dim.dim_param or dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim]
    assert dims == [1, size.height_px or "height", size.width_px or "width", 3]


def test_a_layer_may_be_called_as_the_output_is():
    sketch = Sketch(5)
    inner = sketch.dense(sketch.add(ops.Flatten(), "image", name="features"), 4, name="logits")
    graph = sketch.graph(sketch.dense(inner, 3, name="last"))
    for name in ("logits", "features", "last"):
        model = write(graph, name, InputSize(5, 5))
        onnx.checker.check_model(onnx.shape_inference.infer_shapes(model, strict_mode=True))
        assert [output.name for output in model.graph.output] == [name]


def test_what_is_not_known_cannot_be_written():
    sketch = Sketch(5)
    x = sketch.conv("image", 4)
    assert can_write(sketch.graph(x))
    opaque = sketch.graph(sketch.opaque(x))
    assert not can_write(opaque)
    with pytest.raises(TypeError, match="Opaque"):
        write(opaque, "logits", ANY_SIZE)
