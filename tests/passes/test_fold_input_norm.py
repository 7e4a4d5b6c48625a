from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from edgekit.graph import ops
from edgekit.graph.ops import Around
from edgekit.passes.fold_input_norm import fold_input_norm
from sketch import SAME, VALID, Sketch, answers, assert_same, kinds, same_graph


@given(
    signs=st.sampled_from(["+", "-", "+-"]),
    padding=st.sampled_from([SAME, VALID, Around(1, 1), Around(0, 2)]),
    stride=st.integers(1, 3),
    kernel=st.sampled_from([(1, 1), (3, 3), (2, 5)]),
    convolutions=st.integers(1, 2),
    px=st.integers(1, 8),
    seed=st.integers(0, 99),
)
@example(signs="+-", padding=SAME, stride=2, kernel=(3, 3), convolutions=2, px=1, seed=0)
@example(signs="-", padding=VALID, stride=1, kernel=(1, 1), convolutions=1, px=1, seed=0)
def test_the_scale_goes_into_the_first_convolutions(signs, padding, stride, kernel, convolutions, px, seed):
    assume(padding is SAME or padding.out(px, max(kernel), stride) > 0)
    sketch = Sketch(px, seed)
    norm = sketch.affine("image", signs)
    branches = [sketch.conv(norm, 4, kernel, stride, padding) for _ in range(convolutions)]
    graph = sketch.graph(sketch.add(ops.Concat(), *branches))
    folded = fold_input_norm(graph)
    assert kinds(folded) == kinds(graph) - Counter(Affine=1) + Counter(Shift=1)
    assert_same(answers(folded), answers(graph))


def test_zeros_around_the_image_stay_the_zeros_of_the_norm():
    """A constant image of m is all zeros for the first convolution, so its padding must not show."""
    sketch = Sketch(6)
    norm = sketch.add(ops.Affine(np.full(3, 0.5, np.float32), np.full(3, -20, np.float32)), "image")
    folded = fold_input_norm(sketch.graph(sketch.conv(norm, 4)))
    assert [node.op.values.tolist() for node in folded.nodes.values() if isinstance(node.op, ops.Shift)] == [[-40.0, -40.0, -40.0]]


def zero_scale(sketch):
    return sketch.conv(sketch.affine("image", "+0-"), 4)


def read_by_a_depthwise_convolution_too(sketch):
    norm = sketch.affine("image")
    return sketch.add(ops.Concat(), sketch.conv(norm, 4), sketch.depthwise(norm))


def read_by_what_is_not_known(sketch):
    norm = sketch.affine("image")
    return sketch.add(ops.Concat(), sketch.conv(norm, 4), sketch.opaque(norm))


def the_output_itself(sketch):
    return sketch.affine("image")


def behind_a_convolution(sketch):
    return sketch.conv(sketch.affine(sketch.conv("image", 4)), 4)


@pytest.mark.parametrize(
    "make", [zero_scale, read_by_a_depthwise_convolution_too, read_by_what_is_not_known, the_output_itself, behind_a_convolution]
)
def test_left_alone(make):
    sketch = Sketch(5)
    graph = sketch.graph(make(sketch))
    assert same_graph(fold_input_norm(graph), graph)
