import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.graph import ops
from edgekit.passes.pad_channels import pad_channels
from edgekit.spec.rewrites import PadChannels
from sketch import AVERAGE, MAX, SAME, Sketch, answers, assert_same, same_graph

CARRIED = {
    "leaky": lambda sketch, x: sketch.add(ops.Leaky(0.3), x),
    "clip": lambda sketch, x: sketch.add(ops.Clip(0.4), x),
    "mean": lambda sketch, x: sketch.add(ops.GlobalAverage(as_image=True), x),
    "zeros": lambda sketch, x: sketch.add(ops.Pad((1, 0), (0, 1)), x),
    "prelu": lambda sketch, x: sketch.add(ops.LeakyByChannel(sketch.values(sketch.shape(x)[-1])), x),
    "affine": lambda sketch, x: sketch.affine(x),
    "shift": lambda sketch, x: sketch.add(ops.Shift(sketch.values(sketch.shape(x)[-1])), x),
    "depthwise": lambda sketch, x: sketch.depthwise(x),
    "max": lambda sketch, x: sketch.add(ops.Pool(MAX, 3, 1, SAME), x),
    "average": lambda sketch, x: sketch.add(ops.Pool(AVERAGE, 2, 1, SAME), x),
    "concat": lambda sketch, x: sketch.add(ops.Concat(), x, sketch.conv(x, 3)),
    "add": lambda sketch, x: sketch.add(ops.Add(), x, sketch.conv(x, sketch.shape(x)[-1])),
}


def channels_of(graph):
    return [node.op.kernel.shape[-1] for node in graph.nodes.values() if isinstance(node.op, ops.Conv)]


@given(
    between=st.lists(st.sampled_from(list(CARRIED)), max_size=3),
    end=st.sampled_from(["conv", "dense", "flat"]),
    multiple=st.integers(2, 8),
    shape=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    seed=st.integers(0, 99),
)
def test_zeros_are_carried_and_not_read(between, end, multiple, shape, seed):
    sketch = Sketch(5, seed)
    x = sketch.image_of(*shape, 5)
    for name in between:
        x = CARRIED[name](sketch, x)
    x = sketch.conv(x, 5, name="last") if end == "conv" else sketch.dense(sketch.add(ops.Flatten() if end == "flat" else ops.GlobalAverage(), x), 3)
    graph = sketch.graph(x)
    padded = pad_channels(graph, PadChannels(multiple=multiple))
    inner = [node.op.kernel.shape[-1] for name, node in padded.nodes.items() if isinstance(node.op, ops.Conv) and name != "last"]
    assert inner
    assert all(channels % multiple == 0 for channels in inner)
    assert_same(answers(padded), answers(graph))


@pytest.mark.parametrize("carried", CARRIED)
def test_each_op_that_carries_them(carried):
    sketch = Sketch(4)
    graph = sketch.graph(sketch.dense(sketch.add(ops.Flatten(), CARRIED[carried](sketch, sketch.image_of(3, 4, 5))), 3))
    padded = pad_channels(graph, PadChannels(multiple=4))
    assert set(channels_of(padded)) <= {4, 8}
    assert_same(answers(padded), answers(graph))


def test_only_from_the_least_channels_on():
    sketch = Sketch(4)
    graph = sketch.graph(sketch.conv(sketch.conv(sketch.conv("image", 5), 7), 2))
    assert channels_of(pad_channels(graph, PadChannels(multiple=4, least_channels=6))) == [5, 8, 2]


def test_a_sum_pads_what_is_not_part_of_it():
    sketch = Sketch(4)
    x = sketch.conv(other_places_in_a_sum(sketch), 6)
    graph = sketch.graph(sketch.conv(x, 2))
    padded = pad_channels(graph, PadChannels(multiple=8))
    assert channels_of(padded) == [5, 5, 10, 8, 8, 2]
    assert_same(answers(padded), answers(graph))


def wide_enough_already(sketch):
    return sketch.conv(sketch.conv("image", 8), 5)


def the_output(sketch):
    return sketch.conv("image", 5)


def the_output_behind_an_activation(sketch):
    return sketch.add(ops.Leaky(0.3), sketch.conv("image", 5))


def read_by_what_is_not_known(sketch):
    return sketch.opaque(sketch.add(ops.Leaky(0.2), sketch.conv("image", 5)))


def read_by_a_softmax(sketch):
    return sketch.add(ops.Softmax(), sketch.add(ops.GlobalAverage(), sketch.conv("image", 5)))


def beside_what_may_not_grow(sketch):
    x = sketch.conv("image", 5)
    return sketch.conv(sketch.add(ops.Add(), x, sketch.opaque(sketch.conv("image", 5))), 5)


def beside_the_image(sketch):
    return sketch.conv(sketch.add(ops.Add(), "image", sketch.conv("image", 3)), 5)


def other_places_in_a_sum(sketch):
    """Ten channels padded behind one another, and five and five padded each, cannot be added."""
    both = sketch.add(ops.Concat(), sketch.conv("image", 5), sketch.conv("image", 5))
    return sketch.conv(sketch.add(ops.Add(), both, sketch.conv("image", 10)), 5)


CASES = [
    wide_enough_already,
    the_output,
    the_output_behind_an_activation,
    read_by_what_is_not_known,
    read_by_a_softmax,
    beside_what_may_not_grow,
    beside_the_image,
    other_places_in_a_sum,
]


@pytest.mark.parametrize("make", CASES)
def test_left_alone(make):
    sketch = Sketch(4)
    graph = sketch.graph(make(sketch))
    padded = pad_channels(graph, PadChannels(multiple=8))
    assert same_graph(padded, graph)
