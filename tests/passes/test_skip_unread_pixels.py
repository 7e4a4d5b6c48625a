import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edgekit.graph import ops
from edgekit.graph.ops import Around
from edgekit.passes.skip_unread_pixels import skip_unread_pixels
from sketch import MAX, SAME, VALID, Sketch, answers, assert_same, onnx_answers, onnx_model, same_graph


def pixels(graph):
    """How many pixels each convolution computes, by the channels that it gives."""
    shapes = graph.shapes()
    return {shapes[name][-1]: shapes[name][0] * shapes[name][1] for name, node in graph.nodes.items() if isinstance(node.op, ops.Conv)}


def strided_pair(sketch, x, stride=2, padding=SAME):
    """The first convolution of a residual block, and its shortcut."""
    both = [sketch.conv(x, channels, (1, 1), stride, padding) for channels in (7, 8)]
    return sketch.graph(sketch.add(ops.Concat(), *both))


def residual(sketch, x, kernel=(3, 3)):
    """A residual block that keeps its input: 5 channels, then as many as the input has."""
    inner = sketch.add(ops.Leaky(0.1), sketch.conv(x, 5, kernel))
    return sketch.add(ops.Leaky(0.1), sketch.add(ops.Add(), x, sketch.conv(inner, sketch.shape(x)[-1], (1, 1))))


def pointwise_strides(graph):
    return {node.op.stride for node in graph.nodes.values() if isinstance(node.op, ops.Conv) and node.op.kernel.shape[:2] == (1, 1)}


@given(
    stride=st.integers(2, 3),
    shape=st.tuples(st.integers(1, 7), st.integers(1, 9)),
    kernel=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    padding=st.sampled_from([SAME, VALID]),
    signs=st.sampled_from(["", "+-0"]),
    seed=st.integers(0, 99),
)
def test_the_block_before_a_strided_one_computes_what_is_read(stride, shape, kernel, padding, signs, seed):
    sketch = Sketch(9, seed)
    x = residual(sketch, sketch.image_of(*shape, 6), kernel)
    graph = strided_pair(sketch, sketch.affine(x, signs) if signs else x, stride, padding)
    skipped = skip_unread_pixels(graph)
    left = -(-shape[0] // stride) * -(-shape[1] // stride)
    assert pointwise_strides(skipped) == {1}
    assert pixels(skipped) == {6: left, 5: left, 7: left, 8: left}
    assert_same(answers(skipped), answers(graph))
    assert_same(onnx_answers(skipped).transpose(0, 2, 3, 1), answers(graph))
    assert same_graph(skip_unread_pixels(skipped), skipped)


@given(
    strides=st.tuples(st.integers(1, 3), st.integers(2, 4)),
    shape=st.tuples(st.integers(5, 9), st.integers(5, 9)),
    kernel=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    padding=st.sampled_from([SAME, VALID, Around(2, 1)]),
    seed=st.integers(0, 99),
)
def test_a_convolution_strides_itself_and_begins_where_it_began(strides, shape, kernel, padding, seed):
    assume(not isinstance(padding, Around) or min(kernel) > 2)
    sketch = Sketch(9, seed)
    x = sketch.add(ops.Leaky(0.1), sketch.conv(sketch.image_of(*shape, 3), 5, kernel, strides[0], padding))
    graph = sketch.graph(sketch.conv(x, 4, (1, 1), strides[1]))
    skipped = skip_unread_pixels(graph)
    (conv,) = (node.op for node in skipped.nodes.values() if isinstance(node.op, ops.Conv) and node.op.kernel.shape[-1] == 5)
    assert pointwise_strides(skipped) == {1}
    assert conv.kernel[..., 0, 0].size < graph.op(graph.nodes[x].inputs[0]).kernel[..., 0, 0].size * strides[1] ** 2
    assert not any(isinstance(node.op, ops.Pool) for node in skipped.nodes.values()) or kernel == (1, 1)
    assert_same(answers(skipped), answers(graph))
    assert_same(onnx_answers(skipped).transpose(0, 2, 3, 1), answers(graph))


@pytest.mark.parametrize(("px", "taps"), [(6, 4), (7, 3), (1, 3), (2, 4)])
def test_an_even_side_asks_for_a_zero_behind_the_kernel_but_in_onnx(px, taps):
    sketch = Sketch(px)
    skipped = skip_unread_pixels(sketch.graph(sketch.conv(sketch.conv("image", 5), 4, (1, 1), 2)))
    (conv,) = (node.op for node in skipped.nodes.values() if isinstance(node.op, ops.Conv) and node.op.kernel.shape[-1] == 5)
    assert (conv.stride, conv.kernel.shape) == (2, (taps, taps, 3, 5))
    written = next(node for node in onnx_model(skipped).graph.node if node.op_type == "Conv")
    attributes = {attribute.name: list(attribute.ints) for attribute in written.attribute if attribute.ints}
    behind = 1 if px % 2 else 0
    assert (attributes["kernel_shape"], attributes["pads"]) == ([3, 3], [1, 1, behind, behind])


@given(strides=st.tuples(st.integers(1, 3), st.integers(2, 3), st.integers(2, 3)), px=st.integers(1, 13), seed=st.integers(0, 99))
def test_strides_behind_one_another(strides, px, seed):
    sketch = Sketch(px, seed)
    x = "image"
    for stride in strides:
        x = sketch.add(ops.LeakyByChannel(sketch.values(4)), sketch.conv(x, 4, (1, 1), stride))
    graph = sketch.graph(x)
    skipped = skip_unread_pixels(graph)
    assert pointwise_strides(skipped) == {1}
    assert sum(isinstance(node.op, ops.Pool) for node in skipped.nodes.values()) == 1
    assert_same(answers(skipped), answers(graph))


def whole_is_read_too(sketch):
    x = residual(sketch, sketch.conv("image", 6))
    return sketch.graph(sketch.add(ops.Concat(), sketch.conv(x, 4, (1, 1), 2), sketch.add(ops.Pool(MAX, 2, 2, VALID), x)))


def two_strides(sketch):
    x = residual(sketch, sketch.conv("image", 6))
    return sketch.graph(sketch.add(ops.Concat(), *(sketch.add(ops.GlobalAverage(), sketch.conv(x, 4, (1, 1), stride)) for stride in (2, 3))))


def more_taps(sketch):
    return sketch.graph(sketch.conv(residual(sketch, sketch.conv("image", 6)), 4, (1, 2), 2))


def answer_itself(sketch):
    x = residual(sketch, sketch.conv("image", 6))
    sketch.conv(x, 4, (1, 1), 2)
    return sketch.graph(x)


def nothing_to_spare(sketch):
    """Behind a pool, a pick would be work of its own."""
    return sketch.graph(sketch.conv(sketch.add(ops.Pool(MAX, 3, 1, SAME), sketch.conv("image", 6)), 4, (1, 1), 2))


def not_known(sketch):
    return sketch.graph(sketch.conv(sketch.opaque(sketch.conv("image", 6, (1, 1))), 4, (1, 1), 2))


@pytest.mark.parametrize("make", [whole_is_read_too, two_strides, more_taps, answer_itself, nothing_to_spare, not_known])
def test_left_alone(make):
    graph = make(Sketch(6))
    assert same_graph(skip_unread_pixels(graph), graph)
