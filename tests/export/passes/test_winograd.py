import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.export.graph import ops
from edgekit.export.passes.winograd import use_winograd
from edgekit.spec.tuning import Winograd
from sketch import VALID, Sketch, answers, assert_same, kinds, onnx_answers, same_graph

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
