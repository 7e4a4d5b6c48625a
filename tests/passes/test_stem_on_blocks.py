from collections import Counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edgekit.graph import ops
from edgekit.graph.graph import Node
from edgekit.graph.ops import Around, Padding
from edgekit.passes.stem_on_blocks import stem_on_blocks
from edgekit.spec.rewrites import SpaceToDepth
from sketch import SAME, VALID, Sketch, answers, assert_same, kinds, same_graph

SETTINGS = SpaceToDepth(least_kernel=3)


@given(
    size_and_stride=st.sampled_from([(7, 2), (11, 4), (5, 2), (3, 2), (5, 4), (7, 3)]),
    blocks=st.integers(2, 5),
    padding=st.sampled_from([SAME, VALID, Around(1, 1), Around(3, 3), Around(0, 2)]),
    shifted=st.booleans(),
    seed=st.integers(0, 99),
)
def test_a_stem_on_blocks_gives_the_same(size_and_stride, blocks, padding, shifted, seed):
    size, stride = size_and_stride
    assume(isinstance(padding, Padding) or max(padding.before, padding.after) < size)
    assume(padding is SAME or size <= blocks * stride)
    sketch = Sketch(blocks * stride, seed)
    image = sketch.add(ops.Shift(sketch.values(3)), "image") if shifted else "image"
    graph = sketch.graph(sketch.conv(image, 4, (size, size), stride, padding))
    rewritten = stem_on_blocks(graph, SETTINGS)
    assert_same(answers(rewritten), answers(graph))
    assert kinds(rewritten) == kinds(graph) + Counter(SpaceToDepth=1)
    assert rewritten.op(rewritten.output).stride == 1


@pytest.mark.parametrize(
    ("size", "padding", "blocks"), [(7, Around(3, 3), (4, Around(2, 1))), (3, Around(1, 1), (2, Around(1, 0))), (7, SAME, (4, SAME))]
)
def test_the_zeros_around_an_image_are_blocks_of_zeros(size, padding, blocks):
    """A padding by a layer of its own, as keras.applications has it, and ``SAME``."""
    sketch = Sketch(8)
    graph = stem_on_blocks(sketch.graph(sketch.conv("image", 4, (size, size), 2, padding)), SETTINGS)
    conv = graph.op(graph.output)
    assert (conv.kernel.shape[0], conv.padding) == blocks


@given(size=st.integers(2, 8), stride=st.integers(2, 5), px=st.integers(4, 13), seed=st.integers(0, 9))
def test_whatever_the_kernel_and_the_image_the_answer_stays(size, stride, px, seed):
    sketch = Sketch(px, seed)
    graph = sketch.graph(sketch.conv("image", 2, (size, size), stride))
    assert_same(answers(stem_on_blocks(graph, SpaceToDepth(least_kernel=1))), answers(graph))


def small_kernel(sketch):
    return sketch.conv("image", 4, (2, 2), 2)


def stride_of_one(sketch):
    return sketch.conv("image", 4, (7, 7))


def kernel_not_square(sketch):
    return sketch.conv("image", 4, (7, 5), 2)


def a_later_convolution(sketch):
    return sketch.conv(sketch.conv("image", 3), 4, (7, 7), 2)


def blocks_that_do_not_fit(sketch):
    sketch.nodes["image"] = Node(ops.Input(9))
    return sketch.conv("image", 4, (7, 7), 2)


def a_shift_with_two_readers(sketch):
    shift = sketch.add(ops.Shift(sketch.values(3)), "image")
    return sketch.add(ops.Concat(), sketch.conv(shift, 4, (7, 7), 2), sketch.conv(shift, 4, (1, 1), 2))


def not_known(sketch):
    return sketch.conv(sketch.opaque("image"), 4, (7, 7), 2)


CASES = [small_kernel, stride_of_one, kernel_not_square, a_later_convolution, blocks_that_do_not_fit, a_shift_with_two_readers, not_known]


@pytest.mark.parametrize("make", CASES)
def test_left_alone(make):
    sketch = Sketch(8)
    graph = sketch.graph(make(sketch))
    assert same_graph(stem_on_blocks(graph, SETTINGS), graph)
