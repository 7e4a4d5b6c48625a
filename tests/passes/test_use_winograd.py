import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.graph import ops
from edgekit.passes.use_winograd import use_winograd
from edgekit.spec.rewrites import Winograd
from edgekit.spec.tuning import built_in
from lite import scores
from sketch import VALID, Sketch, answers, assert_same, kinds, onnx_answers, onnx_model, pictures, same_graph, tflite_kinds, tflite_model

# Winograd sums in another order, and six products are multiplied by up to 8: some ten times float32's rounding.
TOLERANCE = {2: 2e-5, 4: 1e-4}


@given(
    kind=st.sampled_from([(3, 2), (3, 4), (5, 4)]),
    shape=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    channels=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    seed=st.integers(0, 99),
)
def test_the_same_answers_in_both_emissions(kind, shape, channels, seed):
    side, tile = kind
    sketch = Sketch(10, seed)
    graph = sketch.graph(sketch.add(ops.Flatten(), sketch.conv(sketch.image_of(*shape, channels[0]), channels[1], (side, side), name="wide")))
    marked = use_winograd(graph, Winograd(tile=tile, least_channels=1))
    assert isinstance(marked.op("wide"), ops.Winograd)
    assert marked.op("wide").tile == tile + 3 - side
    wanted = answers(graph)
    assert_same(answers(marked), wanted, TOLERANCE[tile])
    assert_same(onnx_answers(marked), wanted, TOLERANCE[tile])


@pytest.mark.parametrize("tile", [2, 4])
@pytest.mark.parametrize("px", [1, 2, 3, 4, 5, 8])
def test_beside_layers_that_are_named_by_number(tile, px):
    """Keras counts the names of its layers: conv2d, conv2d_1, conv2d_2."""
    sketch = Sketch(px)
    x = sketch.conv(sketch.conv(sketch.conv("image", 4, name="conv2d"), 4, (1, 1), name="conv2d_1"), 4, name="conv2d_2")
    graph = sketch.graph(sketch.add(ops.Flatten(), x))
    marked = use_winograd(graph, Winograd(tile=tile, least_channels=3))
    assert kinds(marked)["Winograd"] == 2
    wanted = answers(graph)
    assert_same(answers(marked), wanted, TOLERANCE[tile])
    assert_same(onnx_answers(marked), wanted, TOLERANCE[tile])


@pytest.mark.parametrize(("side", "tile"), [(3, 2), (3, 4), (5, 4)])
def test_what_the_converter_makes_of_every_height(side, tile):
    """Strides down the image alone: TensorFlow does not compute what the converter takes. Each layer's image is a pixel smaller."""
    sketch = Sketch(14, 7)
    x = sketch.image_of(12, 13, 3)
    for _ in range(12):
        x = sketch.conv(sketch.conv(x, 4, (side, side)), 4, (2, 2) if sketch.shape(x)[0] > 1 else (1, 2), padding=VALID)
    graph = sketch.graph(sketch.add(ops.Flatten(), x))
    marked = use_winograd(graph, Winograd(tile=tile, least_channels=3))
    assert kinds(marked)["Winograd"] == 12
    wanted = answers(graph)
    assert np.ptp(wanted) > 0
    assert_same(scores(tflite_model(marked), [picture[np.newaxis] for picture in pictures(graph)]), wanted, TOLERANCE[tile])


@pytest.mark.parametrize(("width", "padded"), [(12, False), (13, True), (14, True), (15, False)])
def test_no_runtime_brings_values_to_another_layout_between_the_products(width, padded):
    sketch = Sketch(15)
    graph = sketch.graph(sketch.add(ops.Flatten(), sketch.conv(sketch.image_of(width, width, 4), 4)))
    marked = use_winograd(graph, Winograd(tile=4, least_channels=4))
    cropped = {"Slice"} if width % 4 else set()
    assert {node.op_type for node in onnx_model(marked).graph.node} == {"Transpose", "Cast", "Conv", "Add", "Concat", "Reshape", "Flatten"} | cropped
    found = tflite_kinds(marked)
    assert (found["depthwise_conv_2d"], found["conv_2d"], found["pad"]) == (6, 7, padded)


def few_channels_in(sketch):
    return sketch.conv(sketch.conv("image", 3, (1, 1)), 4)


def few_channels_out(sketch):
    return sketch.conv(sketch.conv("image", 4, (1, 1)), 3)


def strided(sketch):
    return sketch.conv(sketch.conv("image", 4, (1, 1)), 4, stride=2)


def unpadded(sketch):
    return sketch.conv(sketch.conv("image", 4, (1, 1)), 4, padding=VALID)


def other_taps(sketch):
    return sketch.conv(sketch.conv("image", 4, (1, 1)), 4, (3, 5))


def more_taps_than_the_tile_is_for(sketch):
    return sketch.conv(sketch.conv("image", 4, (1, 1)), 4, (5, 5))


def depthwise(sketch):
    return sketch.depthwise(sketch.conv("image", 4, (1, 1)))


@pytest.mark.parametrize("make", [few_channels_in, few_channels_out, strided, unpadded, other_taps, more_taps_than_the_tile_is_for, depthwise])
def test_left_alone(make):
    sketch = Sketch(5)
    graph = sketch.graph(make(sketch))
    assert same_graph(use_winograd(graph, Winograd(tile=2, least_channels=4)), graph)


@pytest.mark.parametrize(("least_px", "found"), [(1, 2), (3, 2), (4, 1), (6, 0)])
def test_only_images_of_enough_pixels(least_px, found):
    sketch = Sketch(5)
    x = sketch.conv(sketch.conv("image", 4), 4, (1, 1), stride=2)
    graph = sketch.graph(sketch.conv(x, 4))
    assert kinds(use_winograd(graph, Winograd(tile=4, least_channels=3, least_px=least_px))).get("Winograd", 0) == found


@pytest.mark.parametrize(("two_below_px", "tiles"), [(0, [4, 4]), (3, [4, 4]), (4, [4, 2]), (5, [4, 2]), (6, [2, 2])])
def test_tiles_of_two_pixels_on_small_images(two_below_px, tiles):
    sketch = Sketch(5)
    x = sketch.conv(sketch.conv("image", 4, name="large"), 4, (1, 1), stride=2)
    graph = sketch.graph(sketch.add(ops.Flatten(), sketch.conv(x, 4, name="small")))
    marked = use_winograd(graph, Winograd(tile=4, least_channels=3, two_below_px=two_below_px))
    assert [marked.op(name).tile for name in ("large", "small")] == tiles
    assert_same(answers(marked), answers(graph), TOLERANCE[4])


@pytest.mark.parametrize("height", [1, 2, 5, 6])
def test_tiles_of_two_pixels_are_sums_of_rows(height):
    sketch = Sketch(6)
    graph = sketch.graph(sketch.add(ops.Flatten(), sketch.conv(sketch.image_of(height, 6, 4), 4)))
    found = tflite_kinds(use_winograd(graph, Winograd(tile=2, least_channels=4)))
    # Four convolutions, and the one before; with four sums before the products and four behind.
    assert (found["depthwise_conv_2d"], found["conv_2d"], found["add"] + found["sub"], found["pad"]) == (0, 5, 8, 1)
    assert found["strided_slice"] == 4 + height % 2


@pytest.mark.parametrize(("least_row", "found"), [(1, 2), (12, 2), (13, 1), (15, 1), (16, 0)])
def test_only_rows_of_enough_numbers(least_row, found):
    sketch = Sketch(5)
    x = sketch.conv(sketch.conv("image", 4), 6, (1, 1), stride=2)
    graph = sketch.graph(sketch.conv(x, 4))
    assert kinds(use_winograd(graph, Winograd(tile=4, least_channels=3, least_row=least_row))).get("Winograd", 0) == found


@pytest.mark.parametrize(("px", "channels", "found"), [(28, 32, 1), (14, 32, 0), (14, 64, 1), (56, 24, 0), (7, 512, 0)])
def test_what_onnx_files_for_x86_compute_by_it(px, channels, found):
    sketch = Sketch(px)
    graph = sketch.graph(sketch.conv(sketch.conv("image", channels, (1, 1)), channels))
    assert kinds(use_winograd(graph, built_in("x86-vnni").onnx.float.use_winograd)).get("Winograd", 0) == found


@pytest.mark.parametrize(
    ("px", "channels", "side", "tile"),
    [(14, 96, 3, 2), (13, 96, 3, 2), (19, 96, 3, 2), (20, 96, 3, 4), (112, 95, 3, None), (12, 512, 3, None), (27, 96, 5, 2), (14, 96, 5, None)],
)
def test_what_int8_files_for_x86_compute_by_it(px, channels, side, tile):
    sketch = Sketch(px)
    graph = sketch.graph(sketch.conv(sketch.conv("image", channels, (1, 1)), channels, (side, side), name="wide"))
    op = use_winograd(graph, built_in("x86-vnni").tflite.int8.use_winograd).op("wide")
    assert (op.tile if isinstance(op, ops.Winograd) else None) == tile
