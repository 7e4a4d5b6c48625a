from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from edgekit.graph import ops
from edgekit.passes.fold_pre_activation import fold_pre_activation
from edgekit.spec.rewrites import PreActivation
from sketch import AVERAGE, MAX, SAME, VALID, Sketch, answers, assert_same, kinds, same_graph

ANY = PreActivation()


@given(
    signs=st.sampled_from(["+", "-", "+-", "-++"]),
    slope=st.sampled_from([0.01, 0.3, 1.0, 2.0]),
    pool=st.sampled_from([None, SAME, VALID]),
    kernel=st.sampled_from([(1, 1), (3, 2)]),
    stride=st.integers(1, 2),
    shape=st.tuples(st.integers(1, 6), st.integers(1, 8)),
    seed=st.integers(0, 99),
)
@example(signs="-++", slope=0.3, pool=None, kernel=(3, 2), stride=2, shape=(1, 1), seed=0)
@example(signs="+-", slope=2.0, pool=SAME, kernel=(1, 1), stride=1, shape=(1, 7), seed=0)
def test_the_scale_moves_through_the_activation(signs, slope, pool, kernel, stride, shape, seed):
    assume(pool is not VALID or min(shape) >= 2)
    sketch = Sketch(8, seed)
    x = sketch.add(ops.Leaky(slope), sketch.affine(sketch.image_of(*shape, 4), signs))
    first = sketch.conv(x, 3, kernel, stride)
    taken = sketch.add(ops.Pool(AVERAGE, 2, 1, pool), x) if pool else x
    second = sketch.conv(taken, 2, (3, 3), padding=SAME)
    graph = sketch.graph(sketch.add(ops.Concat(), *(sketch.add(ops.GlobalAverage(), part) for part in (first, second))))
    moved = fold_pre_activation(graph, ANY)
    activation = "LeakyByChannel" if "-" in signs else "Leaky"
    assert kinds(moved) == kinds(graph) - Counter(Affine=1, Leaky=1) + Counter({"Shift": 1, activation: 1})
    assert_same(answers(moved), answers(graph))


def test_relu_lets_positive_scales_through_alone():
    for signs, applies in (("+", True), ("+-", False)):
        sketch = Sketch(5)
        graph = sketch.graph(sketch.conv(sketch.add(ops.Leaky(0.0), sketch.affine(sketch.conv("image", 4), signs)), 3))
        moved = fold_pre_activation(graph, ANY)
        assert same_graph(moved, graph) is not applies
        assert_same(answers(moved), answers(graph))


def activated(sketch, signs="+"):
    return sketch.add(ops.Leaky(0.3), sketch.affine(sketch.conv("image", 4), signs))


def zero_scale(sketch):
    return sketch.conv(activated(sketch, "+0"), 3)


def read_by_a_sum(sketch):
    x = activated(sketch)
    return sketch.add(ops.Add(), x, sketch.conv(x, 4))


def read_behind_a_max_pool(sketch):
    return sketch.conv(sketch.add(ops.Pool(MAX, 2, 2, SAME), activated(sketch)), 3)


def read_by_what_is_not_known(sketch):
    x = activated(sketch)
    return sketch.add(ops.Add(), sketch.opaque(x), sketch.conv(x, 4))


def the_norm_shared(sketch):
    norm = sketch.affine(sketch.conv("image", 4), "+")
    return sketch.add(ops.Add(), norm, sketch.conv(sketch.add(ops.Leaky(0.3), norm), 4))


def the_output_itself(sketch):
    return activated(sketch)


def pooled_output(sketch):
    x = activated(sketch)
    pooled = sketch.add(ops.Pool(AVERAGE, 1, 1, VALID), x)
    return sketch.add(ops.Concat(), pooled, sketch.conv(x, 2))


CASES = [zero_scale, read_by_a_sum, read_behind_a_max_pool, read_by_what_is_not_known, the_norm_shared, the_output_itself, pooled_output]


@pytest.mark.parametrize("make", CASES)
def test_left_alone(make):
    sketch = Sketch(5)
    graph = sketch.graph(make(sketch))
    assert same_graph(fold_pre_activation(graph, ANY), graph)


def test_left_alone_beyond_its_settings():
    sketch = Sketch(5)
    graph = sketch.graph(sketch.conv(activated(sketch, "+-"), 3))
    assert same_graph(fold_pre_activation(graph, PreActivation(negative=False)), graph)
    scales = np.abs(next(node.op.scale for node in graph.nodes.values() if isinstance(node.op, ops.Affine)))
    spread = float(scales.max() / scales.min())
    assert same_graph(fold_pre_activation(graph, PreActivation(most_spread=spread * 0.99)), graph)
    assert not same_graph(fold_pre_activation(graph, PreActivation(most_spread=spread * 1.01)), graph)
