import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from edgekit.graph import ops
from edgekit.passes.average_as_convolution import average_as_convolution
from edgekit.spec.rewrites import AverageAsConvolution
from sketch import AVERAGE, MAX, SAME, VALID, Sketch, answers, assert_same, kinds, same_graph

SETTINGS = AverageAsConvolution(most_size=5)


@given(
    size=st.integers(1, 5),
    stride=st.integers(1, 3),
    shape=st.tuples(st.integers(1, 7), st.integers(1, 9)),
    channels=st.integers(1, 5),
    seed=st.integers(0, 99),
)
@example(size=1, stride=1, shape=(1, 1), channels=3, seed=0)
@example(size=2, stride=3, shape=(2, 9), channels=1, seed=0)
def test_windows_within_the_image(size, stride, shape, channels, seed):
    assume(min(shape) >= size)
    sketch = Sketch(9, seed)
    graph = sketch.graph(sketch.add(ops.Pool(AVERAGE, size, stride, VALID), sketch.image_of(*shape, channels)))
    written = average_as_convolution(graph, SETTINGS)
    assert kinds(written) == {"Input": 1, "Conv": 1, "Depthwise": 1}
    assert_same(answers(written), answers(graph))


def test_nothing_is_padded_where_the_windows_fit():
    sketch = Sketch(8)
    graph = sketch.graph(sketch.add(ops.Pool(AVERAGE, 2, 2, SAME), sketch.conv("image", 4)))
    written = average_as_convolution(graph, SETTINGS)
    assert kinds(written)["Depthwise"] == 1
    assert_same(answers(written), answers(graph))


def maximum(sketch):
    return sketch.add(ops.Pool(MAX, 2, 2, VALID), sketch.conv("image", 4))


def padded(sketch):
    return sketch.add(ops.Pool(AVERAGE, 3, 1, SAME), sketch.conv("image", 4))


def padded_below(sketch):
    return sketch.add(ops.Pool(AVERAGE, 2, 2, SAME), sketch.image_of(5, 6, 4))


def padded_at_the_right(sketch):
    return sketch.add(ops.Pool(AVERAGE, 2, 2, SAME), sketch.image_of(6, 5, 4))


def larger_windows(sketch):
    return sketch.add(ops.Pool(AVERAGE, 6, 6, VALID), sketch.conv("image", 4))


def whole(sketch):
    return sketch.add(ops.GlobalAverage(), sketch.conv("image", 4))


@pytest.mark.parametrize("make", [maximum, padded, padded_below, padded_at_the_right, larger_windows, whole])
def test_left_alone(make):
    sketch = Sketch(6)
    graph = sketch.graph(make(sketch))
    assert same_graph(average_as_convolution(graph, SETTINGS), graph)
