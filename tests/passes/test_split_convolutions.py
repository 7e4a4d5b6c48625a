import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.graph import ops
from edgekit.passes.split_convolutions import split_convolutions
from edgekit.passes.use_winograd import use_winograd
from edgekit.spec.rewrites import SplitConvolutions, Winograd
from sketch import Sketch, answers, assert_same, kinds, onnx_answers, same_graph, tflite_kinds

KIB_OF_A_WEIGHT = 4 / 1024


def settings(least, part, multiple=1, least_px=1):
    """Thresholds in weights: a graph of a test has few."""
    return SplitConvolutions(least_kib=least * KIB_OF_A_WEIGHT, part_kib=part * KIB_OF_A_WEIGHT, multiple=multiple, least_px=least_px)


def parts_of(graph, layer):
    ops_of_parts = [node.op for name, node in graph.nodes.items() if name.startswith(f"{layer}_part_")]
    return [op for op in ops_of_parts if not isinstance(op, ops.Leaky | ops.Clip)]


def part_widths(graph, layer):
    return [len(part.bias) for part in parts_of(graph, layer)]


@given(
    shape=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    channels=st.tuples(st.integers(1, 6), st.integers(1, 9)),
    stride=st.integers(1, 2),
    part=st.integers(1, 30),
    multiple=st.integers(1, 4),
    seed=st.integers(0, 99),
)
def test_parts_give_what_the_whole_gives(shape, channels, stride, part, multiple, seed):
    sketch = Sketch(8, seed)
    x = sketch.conv(sketch.image_of(*shape, channels[0]), channels[1], (1, 1), stride, name="pointwise")
    graph = sketch.graph(sketch.add(ops.Flatten(), sketch.conv(sketch.add(ops.Leaky(0.1), x), channels[1], name="winograd")))
    graph = use_winograd(graph, Winograd(tile=4, least_channels=1))
    split = split_convolutions(graph, settings(1, part, multiple))
    assert all(width % multiple == 0 for layer in ("pointwise", "winograd") for width in part_widths(split, layer)[:-1])
    wanted = answers(graph)
    assert_same(answers(split), wanted)
    assert_same(onnx_answers(split), wanted)


@pytest.mark.parametrize(
    ("outputs", "part", "multiple", "widths"),
    [
        (8, 16, 1, [4, 4]),
        (8, 8, 1, [2, 2, 2, 2]),
        (9, 12, 4, [4, 4, 1]),
        (9, 18, 4, [4, 5]),
        (7, 28, 1, []),  # one part is none
        (7, 90, 1, []),
        (3, 4, 4, []),  # nor are fewer outputs than are computed at once
    ],
)
def test_how_many_outputs_a_part_has(outputs, part, multiple, widths):
    sketch = Sketch(3)
    graph = sketch.graph(sketch.conv(sketch.image_of(2, 2, 4), outputs, (1, 1), name="wide"))
    split = split_convolutions(graph, settings(1, part, multiple))
    assert part_widths(split, "wide") == widths
    assert isinstance(split.op("wide"), ops.Concat if widths else ops.Conv)


@pytest.mark.parametrize(("least", "found"), [(24, 2), (25, 1), (36, 1), (37, 0)])
def test_from_enough_weights_on_which_are_a_products_for_winograd(least, found):
    sketch = Sketch(3)
    x = sketch.conv(sketch.image_of(3, 3, 4), 6, (1, 1))  # 24 weights
    graph = use_winograd(sketch.graph(sketch.conv(x, 2)), Winograd(tile=4, least_channels=2))  # 3 · 6 · 2 in each product
    assert kinds(split_convolutions(graph, settings(least, 12))).get("Concat", 0) == found


def test_direct_convolutions_of_more_taps_and_others_are_left_alone():
    sketch = Sketch(5)
    x = sketch.depthwise(sketch.conv(sketch.conv("image", 8), 8, (5, 5)))
    graph = sketch.graph(sketch.dense(sketch.add(ops.Flatten(), x), 8))
    assert same_graph(split_convolutions(graph, settings(1, 1)), graph)


@pytest.mark.parametrize(("least_px", "found"), [(1, 2), (3, 2), (4, 1), (5, 1), (6, 0)])
def test_only_images_of_enough_pixels(least_px, found):
    sketch = Sketch(5)
    x = sketch.conv(sketch.conv("image", 8, (1, 1)), 8, (1, 1))  # 5 × 5 pixels
    graph = sketch.graph(sketch.conv(x, 8, (1, 1), stride=2))  # 3 × 3
    assert kinds(split_convolutions(graph, settings(64, 32, least_px=least_px))).get("Concat", 0) == found


@pytest.mark.parametrize("activation", [ops.Leaky(0.0), ops.Leaky(0.2), ops.Clip(6.0)])
def test_an_activation_that_alone_reads_a_convolution_is_put_on_its_parts(activation):
    sketch = Sketch(3)
    x = sketch.conv("image", 8, (1, 1), name="wide")
    graph = sketch.graph(sketch.add(ops.Flatten(), sketch.add(activation, x, name="activated")))
    split = split_convolutions(graph, settings(1, 8))
    kind = type(activation).__name__
    assert kinds(split) == {"Input": 1, "Conv": 3, kind: 3, "Concat": 1, "Flatten": 1}
    assert_same(answers(split), answers(graph))
    assert tflite_kinds(split)["leaky_relu"] == (3 if getattr(activation, "slope", 0) else 0)
    assert not {"relu", "relu6"} & set(tflite_kinds(split))  # within the convolutions, as the converter has it
    both = sketch.graph(sketch.add(ops.Add(), x, "activated"))
    assert kinds(split_convolutions(both, settings(1, 8)))[kind] == 1


def test_the_converter_turns_an_image_once_for_all_parts():
    sketch = Sketch(8)
    graph = use_winograd(sketch.graph(sketch.add(ops.Flatten(), sketch.conv("image", 8))), Winograd(tile=4, least_channels=3))
    split = split_convolutions(graph, settings(1, 24))
    assert kinds(split)["Winograd"] == 3
    whole, parts = tflite_kinds(graph), tflite_kinds(split)
    assert whole["depthwise_conv_2d"] == parts["depthwise_conv_2d"] == 6
    assert (whole["conv_2d"], parts["conv_2d"]) == (6, 18)


def test_every_weight_and_bias_is_in_one_part():
    sketch = Sketch(3)
    graph = sketch.graph(sketch.conv(sketch.image_of(2, 2, 4), 6, (1, 1), name="wide"))
    parts = parts_of(split_convolutions(graph, settings(1, 8)), "wide")
    assert np.array_equal(np.concatenate([part.kernel for part in parts], axis=-1), graph.op("wide").kernel)
    assert np.array_equal(np.concatenate([part.bias for part in parts]), graph.op("wide").bias)
