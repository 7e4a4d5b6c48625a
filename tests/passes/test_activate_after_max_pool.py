import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from edgekit.graph import ops
from edgekit.passes.activate_after_max_pool import activate_after_max_pool
from sketch import AVERAGE, MAX, SAME, VALID, Sketch, answers, same_graph


@given(
    activation=st.sampled_from([ops.Leaky(0.0), ops.Leaky(0.2), ops.Leaky(1.5), ops.Clip(6.0)]),
    size=st.integers(1, 4),
    stride=st.integers(2, 3),
    padding=st.sampled_from([SAME, VALID]),
    shape=st.tuples(st.integers(1, 7), st.integers(1, 9)),
    seed=st.integers(0, 99),
)
@example(activation=ops.Leaky(0.2), size=3, stride=2, padding=SAME, shape=(1, 1), seed=0)
@example(activation=ops.Leaky(0.2), size=1, stride=3, padding=VALID, shape=(1, 5), seed=0)
def test_the_pool_comes_first_and_nothing_changes(activation, size, stride, padding, shape, seed):
    assume(padding is SAME or min(shape) >= size)
    sketch = Sketch(9, seed)
    pool = sketch.add(ops.Pool(MAX, size, stride, padding), sketch.add(activation, sketch.image_of(*shape, 3)))
    graph = sketch.graph(pool)
    late = activate_after_max_pool(graph)
    assert late.op(late.output) is activation
    assert isinstance(late.op(late.nodes[late.output].inputs[0]), ops.Pool)
    assert np.array_equal(answers(late), answers(graph))


def average(sketch, active):
    return sketch.add(ops.Pool(AVERAGE, 2, 2, VALID), active)


def no_fewer_pixels(sketch, active):
    return sketch.add(ops.Pool(MAX, 3, 1, SAME), active)


def shared(sketch, active):
    pooled = sketch.add(ops.Pool(MAX, 1, 2, SAME), active)
    return sketch.add(ops.Concat(), pooled, sketch.conv(active, 2, stride=2))


def not_known_between(sketch, active):
    return sketch.add(ops.Pool(MAX, 2, 2, SAME), sketch.opaque(active))


@pytest.mark.parametrize("make", [average, no_fewer_pixels, shared, not_known_between])
def test_left_alone(make):
    sketch = Sketch(6)
    graph = sketch.graph(make(sketch, sketch.add(ops.Leaky(0.3), sketch.conv("image", 4))))
    assert same_graph(activate_after_max_pool(graph), graph)
