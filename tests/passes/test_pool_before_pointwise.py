import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from edgekit.graph import ops
from edgekit.passes.pool_before_pointwise import pool_before_pointwise
from sketch import AVERAGE, MAX, SAME, VALID, Sketch, answers, assert_same, same_graph


@given(
    size=st.integers(1, 4),
    stride=st.integers(1, 3),
    shape=st.tuples(st.integers(1, 7), st.integers(1, 9)),
    padding=st.sampled_from([SAME, VALID]),
    channels=st.integers(1, 5),
    seed=st.integers(0, 99),
)
@example(size=1, stride=2, shape=(1, 1), padding=SAME, channels=3, seed=0)
@example(size=2, stride=2, shape=(2, 9), padding=VALID, channels=1, seed=0)
def test_the_pool_comes_first_and_nothing_changes(size, stride, shape, padding, channels, seed):
    assume(min(shape) >= size)
    sketch = Sketch(9, seed)
    conv = sketch.conv(sketch.image_of(*shape, 3), channels, (1, 1), padding=padding)
    graph = sketch.graph(sketch.add(ops.Pool(AVERAGE, size, stride, VALID), conv))
    swapped = pool_before_pointwise(graph)
    assert isinstance(swapped.op(swapped.output), ops.Conv)
    assert_same(answers(swapped), answers(graph))


def maximum(sketch):
    return sketch.add(ops.Pool(MAX, 2, 2, VALID), sketch.conv("image", 4, (1, 1)))


def padded(sketch):
    return sketch.add(ops.Pool(AVERAGE, 2, 2, SAME), sketch.conv("image", 4, (1, 1)))


def more_taps(sketch):
    return sketch.add(ops.Pool(AVERAGE, 2, 2, VALID), sketch.conv("image", 4, (1, 2)))


def strided(sketch):
    return sketch.add(ops.Pool(AVERAGE, 2, 2, VALID), sketch.conv("image", 4, (1, 1), stride=2))


def shared(sketch):
    conv = sketch.conv("image", 4, (1, 1))
    return sketch.add(ops.Concat(), sketch.add(ops.Pool(AVERAGE, 2, 2, VALID), conv), sketch.add(ops.Pool(MAX, 2, 2, VALID), conv))


def activated(sketch):
    return sketch.add(ops.Pool(AVERAGE, 2, 2, VALID), sketch.add(ops.Leaky(0.3), sketch.conv("image", 4, (1, 1))))


def not_known(sketch):
    return sketch.add(ops.Pool(AVERAGE, 2, 2, VALID), sketch.opaque(sketch.conv("image", 4, (1, 1))))


@pytest.mark.parametrize("make", [maximum, padded, more_taps, strided, shared, activated, not_known])
def test_left_alone(make):
    sketch = Sketch(6)
    graph = sketch.graph(make(sketch))
    assert same_graph(pool_before_pointwise(graph), graph)
