"""Zeros of a layer of their own, and of the convolution that reads them, are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.graph import ops
from edgekit.graph.ops import Around
from edgekit.graph.padding import zeros_into_convolutions, zeros_into_layers
from sketch import SAME, VALID, Sketch, answers, assert_same, kinds, onnx_answers, same_graph


def padded(sketch, rows, columns, kernel=(3, 3), stride=2, depthwise=False, source="image"):
    x = sketch.add(ops.Pad(rows, columns), source)
    return sketch.depthwise(x, kernel[0], stride, VALID) if depthwise else sketch.conv(x, 4, kernel, stride, VALID)


@given(
    zeros=st.tuples(st.integers(0, 4), st.integers(0, 4)),
    kernel=st.integers(1, 5),
    stride=st.integers(1, 3),
    shape=st.tuples(st.integers(5, 8), st.integers(5, 8)),
    depthwise=st.booleans(),
    seed=st.integers(0, 99),
)
def test_a_convolution_takes_the_zeros_and_answers_as_before(zeros, kernel, stride, shape, depthwise, seed):
    sketch = Sketch(9, seed)
    y = padded(sketch, zeros, zeros, (kernel, kernel), stride, depthwise, sketch.image_of(*shape, 3))
    graph = sketch.graph(sketch.add(ops.Flatten(), y))
    taken = zeros_into_convolutions(graph)
    assert kinds(taken)["Pad"] == (max(zeros) >= kernel)
    assert taken.shapes()[y] == graph.shapes()[y]
    back = zeros_into_layers(taken)
    assert all(node.op.padding in (SAME, VALID) for node in back.nodes.values() if isinstance(node.op, ops.Conv | ops.Depthwise))
    for other in (taken, back):
        assert_same(answers(other), answers(graph))
        assert_same(onnx_answers(other), answers(graph))


@pytest.mark.parametrize(
    ("zeros", "kernel", "stride", "padding"),
    [((0, 1), 3, 2, SAME), ((1, 1), 3, 1, SAME), ((2, 3), 7, 2, SAME), ((3, 3), 7, 2, Around(3, 3)), ((1, 0), 3, 2, Around(1, 0))],
)
def test_zeros_that_same_would_put_are_same(zeros, kernel, stride, padding):
    sketch = Sketch(8)
    taken = zeros_into_convolutions(sketch.graph(padded(sketch, zeros, zeros, (kernel, kernel), stride)))
    assert taken.op(taken.output).padding == padding


def test_what_else_reads_them_keeps_them():
    sketch = Sketch(8)
    zeros = sketch.add(ops.Pad((1, 1), (1, 1)), "image")
    both = [sketch.add(ops.GlobalAverage(), x) for x in (zeros, sketch.conv(zeros, 4, padding=VALID))]
    graph = sketch.graph(sketch.add(ops.Concat(), *both))
    taken = zeros_into_convolutions(graph)
    assert (kinds(taken), kinds(zeros_into_layers(taken))) == (kinds(graph), kinds(graph))
    assert_same(answers(taken), answers(graph))


def rows_and_columns_differ(sketch):
    return padded(sketch, (1, 1), (0, 1))


def more_than_the_kernel_reaches(sketch):
    return padded(sketch, (1, 0), (1, 0), (1, 1))


def no_convolution(sketch):
    return sketch.add(ops.Leaky(0.1), sketch.add(ops.Pad((1, 0), (1, 0)), "image"))


def zeros_on_zeros(sketch):
    return sketch.conv(sketch.add(ops.Pad((1, 0), (1, 0)), "image"), 4)


@pytest.mark.parametrize("make", [rows_and_columns_differ, more_than_the_kernel_reaches, no_convolution, zeros_on_zeros])
def test_left_alone(make):
    sketch = Sketch(6)
    graph = sketch.graph(make(sketch))
    assert same_graph(zeros_into_convolutions(graph), graph)
