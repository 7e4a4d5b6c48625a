from collections import Counter

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from edgekit.graph import ops
from edgekit.passes.fold_batch_norm import fold_batch_norm
from sketch import SAME, VALID, Sketch, answers, assert_same, kinds, same_graph


@given(
    weighted=st.sampled_from(["conv", "depthwise", "dense"]),
    signs=st.sampled_from(["+", "-+", "0+-"]),
    stride=st.integers(1, 3),
    padding=st.sampled_from([SAME, VALID]),
    shape=st.tuples(st.integers(1, 7), st.integers(1, 9)),
    seed=st.integers(0, 99),
)
@example(weighted="conv", signs="0+-", stride=2, padding=SAME, shape=(1, 1), seed=0)
@example(weighted="depthwise", signs="-+", stride=1, padding=SAME, shape=(1, 1), seed=0)
@example(weighted="depthwise", signs="0+-", stride=2, padding=VALID, shape=(3, 8), seed=0)
def test_a_norm_goes_into_the_weights_before_it(weighted, signs, stride, padding, shape, seed):
    assume(padding is SAME or min(shape) >= 3)
    sketch = Sketch(9, seed)
    image = sketch.image_of(*shape, 3)
    if weighted == "dense":
        x = sketch.dense(sketch.add(ops.Flatten(), image), 5)
    else:
        x = sketch.conv(image, 5, (3, 3), stride, padding) if weighted == "conv" else sketch.depthwise(image, 3, stride, padding)
    graph = sketch.graph(sketch.affine(x, signs))
    folded = fold_batch_norm(graph)
    assert kinds(folded) == kinds(graph) - Counter(Affine=1)
    assert_same(answers(folded), answers(graph))


def test_two_norms_behind_one_another_go_at_once():
    sketch = Sketch(5)
    graph = sketch.graph(sketch.affine(sketch.affine(sketch.conv("image", 4))))
    folded = fold_batch_norm(graph)
    assert kinds(folded)["Affine"] == 0
    assert_same(answers(folded), answers(graph))


def shared(sketch):
    x = sketch.conv("image", 4)
    return sketch.add(ops.Add(), x, sketch.affine(x))


def behind_an_activation(sketch):
    return sketch.affine(sketch.add(ops.Leaky(0.3), sketch.conv("image", 4)))


def behind_what_is_not_known(sketch):
    return sketch.affine(sketch.opaque(sketch.conv("image", 4)))


def of_the_image(sketch):
    return sketch.affine("image")


@pytest.mark.parametrize("make", [shared, behind_an_activation, behind_what_is_not_known, of_the_image])
def test_left_alone(make):
    sketch = Sketch(5)
    graph = sketch.graph(make(sketch))
    assert same_graph(fold_batch_norm(graph), graph)
