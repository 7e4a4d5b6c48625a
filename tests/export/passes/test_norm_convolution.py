from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.export.graph import ops
from edgekit.export.passes.norm_convolution import norm_as_convolution
from edgekit.spec.tuning import NormAsConvolution
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
