from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.graph import ops
from edgekit.passes.norm_as_convolution import norm_as_convolution
from edgekit.spec.rewrites import NormAsConvolution
from sketch import Sketch, answers, assert_same, kinds, same_graph


@given(
    behind_sums=st.booleans(),
    signs=st.sampled_from(["+", "-", "+-", "0+-"]),
    shape=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    seed=st.integers(0, 99),
)
def test_norms_and_shifts_and_sums_as_depthwise_convolutions(behind_sums, signs, shape, seed):
    sketch = Sketch(6, seed)
    x = sketch.image_of(*shape, 4)
    norm = sketch.affine(x, signs)
    shift = sketch.add(ops.Shift(sketch.values(4)), x)
    graph = sketch.graph(sketch.add(ops.Leaky(0.3), sketch.add(ops.Add(), norm, shift)))
    written = norm_as_convolution(graph, NormAsConvolution(behind_sums=behind_sums))
    assert kinds(written) == kinds(graph) - Counter(Affine=1, Shift=1) + Counter(Depthwise=3 if behind_sums else 2)
    assert_same(answers(written), answers(graph))


@given(
    slope=st.sampled_from([0.01, 0.3, 0.9]),
    behind_sums=st.booleans(),
    signs=st.sampled_from(["+", "-", "+-", "0+-"]),
    shape=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    seed=st.integers(0, 99),
)
def test_leaky_relu_in_two(slope, behind_sums, signs, shape, seed):
    sketch = Sketch(6, seed)
    x = sketch.image_of(*shape, 4)
    norm = sketch.add(ops.Leaky(slope), sketch.affine(x, signs))
    graph = sketch.graph(sketch.add(ops.Leaky(slope), sketch.add(ops.Add(), norm, x)))
    written = norm_as_convolution(graph, NormAsConvolution(behind_sums=behind_sums, leaky_in_two=True))
    twice = 2 if behind_sums else 1
    assert kinds(written) == kinds(graph) - Counter(Affine=1) + Counter(Depthwise=2 * twice, Add=twice)
    assert sum(isinstance(node.op, ops.Leaky) and node.op.slope == 0 for node in written.nodes.values()) == twice
    assert_same(answers(written), answers(graph))


def test_a_layer_of_the_model_may_be_named_as_what_is_put_in():
    sketch = Sketch(6)
    x = sketch.conv("image", 4)
    taken = sketch.conv(x, 4, name="active_same")
    graph = sketch.graph(sketch.add(ops.Leaky(0.3), sketch.add(ops.Add(), taken, x), name="active"))
    written = norm_as_convolution(graph, NormAsConvolution(behind_sums=True))
    assert kinds(written) == kinds(graph) + Counter(Depthwise=1)
    assert_same(answers(written), answers(graph))


def behind_a_norm(sketch, slope):
    return sketch.add(ops.Leaky(slope), sketch.affine(sketch.conv("image", 4)))


def beside_another_reader(sketch, slope):
    norm = sketch.affine(sketch.conv("image", 4))
    return sketch.add(ops.Add(), norm, sketch.add(ops.Leaky(slope), norm))


def behind_a_layer_of_the_model(sketch, slope):
    return sketch.add(ops.Leaky(slope), sketch.depthwise(sketch.conv("image", 4)))


def behind_a_relu_behind_a_sum(sketch, slope):
    x = sketch.conv("image", 4)
    return sketch.add(ops.Leaky(slope), sketch.add(ops.Leaky(0.0), sketch.add(ops.Add(), x, sketch.depthwise(x))))


@pytest.mark.parametrize(
    ("make", "slope"),
    [
        (behind_a_norm, 0.0),
        (behind_a_norm, 1.0),
        (behind_a_norm, 1.5),
        (beside_another_reader, 0.1),
        (behind_a_layer_of_the_model, 0.1),
        (behind_a_relu_behind_a_sum, 0.1),
    ],
)
def test_in_one_where_it_is_a_relu_or_steeper_or_the_convolution_has_other_readers_or_is_the_models(make, slope):
    sketch = Sketch(6)
    graph = sketch.graph(make(sketch, slope))
    in_one, in_two = (norm_as_convolution(graph, NormAsConvolution(behind_sums=True, leaky_in_two=in_two)) for in_two in (False, True))
    assert kinds(in_two) == kinds(in_one)
    assert_same(answers(in_two), answers(graph))


def of_the_image(sketch):
    return sketch.affine("image")


def of_blocks_of_the_image(sketch):
    return sketch.affine(sketch.add(ops.SpaceToDepth(2), "image"))


def of_a_vector(sketch):
    return sketch.affine(sketch.add(ops.GlobalAverage(), sketch.conv("image", 4)))


def an_activation_behind_a_convolution(sketch):
    return sketch.add(ops.Leaky(0.3), sketch.conv("image", 4))


def a_sum_behind_what_is_not_known(sketch):
    x = sketch.conv("image", 4)
    return sketch.add(ops.Leaky(0.3), sketch.opaque(sketch.add(ops.Add(), x, sketch.depthwise(x))))


@pytest.mark.parametrize(
    "make", [of_the_image, of_blocks_of_the_image, of_a_vector, an_activation_behind_a_convolution, a_sum_behind_what_is_not_known]
)
def test_left_alone(make):
    sketch = Sketch(6)
    graph = sketch.graph(make(sketch))
    assert same_graph(norm_as_convolution(graph, NormAsConvolution(behind_sums=True)), graph)
