from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edgekit.graph import ops
from edgekit.graph.graph import Node
from edgekit.passes.four_pixels_at_once import four_pixels_at_once
from sketch import VALID, Sketch, answers, assert_same, kinds, onnx_answers, same_graph

PUT_IN = Counter(Pad=1, SpaceToDepth=1, DepthToSpace=1)


@given(
    kernel=st.tuples(st.integers(1, 6), st.integers(1, 6)).filter(lambda sides: sides != (1, 1)),
    half=st.integers(1, 5),
    outputs=st.integers(1, 4),
    shifted=st.booleans(),
    seed=st.integers(0, 99),
)
@example(kernel=(3, 3), half=1, outputs=1, shifted=True, seed=0)
@example(kernel=(6, 1), half=1, outputs=2, shifted=False, seed=0)
def test_four_pixels_at_once_give_the_same(kernel, half, outputs, shifted, seed):
    sketch = Sketch(2 * half, seed)
    image = sketch.add(ops.Shift(sketch.values(3)), "image") if shifted else "image"
    graph = sketch.graph(sketch.add(ops.Flatten(), sketch.add(ops.Leaky(0.1), sketch.conv(image, outputs, kernel))))
    rewritten = four_pixels_at_once(graph)
    assert kinds(rewritten) == kinds(graph) + PUT_IN
    assert_same(answers(rewritten), answers(graph))
    assert_same(onnx_answers(rewritten), answers(graph))


def test_all_who_read_it_read_its_pixels_in_their_places():
    sketch = Sketch(6)
    conv = sketch.conv("image", 4)
    graph = sketch.graph(sketch.add(ops.Concat(), sketch.conv(conv, 2), conv))
    rewritten = four_pixels_at_once(graph)
    assert kinds(rewritten) == kinds(graph) + PUT_IN
    assert_same(answers(rewritten), answers(graph))


def test_a_3_by_3_kernel_needs_four_taps():
    sketch = Sketch(8)
    conv = sketch.conv("image", 16)
    assert four_pixels_at_once(sketch.graph(conv)).op(conv).kernel.shape == (2, 2, 12, 64)


def one_tap(sketch):
    return sketch.conv("image", 4, (1, 1))


def strided(sketch):
    return sketch.conv("image", 4, (3, 3), 2)


def unpadded(sketch):
    return sketch.conv("image", 4, (3, 3), padding=VALID)


def a_later_convolution(sketch):
    return sketch.conv(sketch.conv("image", 3, (1, 1)), 4)


def blocks_that_do_not_fit(sketch):
    sketch.nodes["image"] = Node(ops.Input(7))
    return sketch.conv("image", 4)


def behind_two_shifts(sketch):
    return sketch.conv(sketch.add(ops.Shift(sketch.values(3)), sketch.add(ops.Shift(sketch.values(3)), "image")), 4)


@pytest.mark.parametrize("make", [one_tap, strided, unpadded, a_later_convolution, blocks_that_do_not_fit, behind_two_shifts])
def test_left_alone(make):
    sketch = Sketch(8)
    graph = sketch.graph(make(sketch))
    assert same_graph(four_pixels_at_once(graph), graph)
