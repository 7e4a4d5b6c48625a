"""All passes of a tuning, one after the other, on random networks: what one leaves, the next must be able to read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.export.graph import ops
from edgekit.export.passes import PASSES, rewritten
from edgekit.spec.rewrites import NormAsConvolution, PadChannels, PreActivation, Rewrites, SpaceToDepth, SplitConvolutions, Winograd
from edgekit.spec.tuning import BUILT_IN, built_in
from sketch import AVERAGE, MAX, SAME, VALID, Sketch, answers, assert_same, onnx_answers, same_graph

# Every pass, with thresholds that apply to a few channels.
ALL = Rewrites(
    fold_batch_norm=True,
    fold_input_norm=True,
    skip_unread_pixels=True,
    activate_after_max_pool=True,
    pool_before_pointwise=True,
    fold_pre_activation=PreActivation(),
    stem_on_blocks=SpaceToDepth(least_kernel=3),
    four_pixels_at_once=True,
    norm_as_convolution=NormAsConvolution(behind_sums=True, leaky_in_two=True),
    average_as_convolution=True,
    pad_channels=PadChannels(multiple=4),
    use_winograd=Winograd(tile=4, least_channels=3),
    split_convolutions=SplitConvolutions(least_kib=0.15, part_kib=0.1, multiple=2),
)
TOLERANCE = 2e-4  # several layers of F(4, 3) behind one another


def activated(sketch, x, slope=0.1):
    return sketch.add(ops.Leaky(slope), sketch.affine(x))


def stem(sketch, x):
    x = activated(sketch, sketch.conv(sketch.affine(x), 5, (7, 7), 2), 0.0)
    return sketch.add(ops.Pool(MAX, 3, 2, SAME), x)


def stem_of_stride_one(sketch, x):
    x = activated(sketch, sketch.conv(sketch.affine(x), 5))
    return sketch.add(ops.Pool(MAX, 2, 2, SAME), x)


def separable(sketch, x):
    return activated(sketch, sketch.conv(activated(sketch, sketch.depthwise(x)), 6, (1, 1)))


def residual(sketch, x):
    y = sketch.affine(sketch.conv(activated(sketch, sketch.conv(x, 3)), sketch.shape(x)[-1]))
    return sketch.add(ops.Leaky(0.2), sketch.add(ops.Add(), x, y))


def residual_of_branches(sketch, x):
    """A sum of a concatenation and of what passes it by."""
    both = sketch.add(ops.Concat(), sketch.conv(x, 3), sketch.conv(x, sketch.shape(x)[-1] - 3, (1, 1)))
    return sketch.add(ops.Add(), x, both)


def dense_block(sketch, x):
    return sketch.add(ops.Concat(), x, sketch.conv(activated(sketch, x), 3))


def transition(sketch, x):
    x = sketch.conv(activated(sketch, x), 5, (1, 1))
    return sketch.add(ops.Pool(AVERAGE, 2, 1, VALID), x) if min(sketch.shape(x)[:2]) > 1 else x


def strided_residual(sketch, x):
    x = residual_of_pixels(sketch, x)
    both = [sketch.affine(sketch.conv(y, 6, (1, 1), stride)) for y, stride in ((x, 2), (activated(sketch, sketch.conv(x, 3, (1, 1), 2)), 1))]
    return sketch.add(ops.Leaky(0.2), sketch.add(ops.Add(), *both))


def residual_of_pixels(sketch, x):
    y = sketch.affine(sketch.conv(activated(sketch, sketch.conv(x, 3)), sketch.shape(x)[-1], (1, 1)))
    return sketch.add(ops.Leaky(0.2), sketch.add(ops.Add(), x, y))


def not_known(sketch, x):
    return sketch.add(ops.Add(), x, sketch.opaque(x))


BLOCKS = [separable, residual, residual_of_branches, strided_residual, dense_block, transition, not_known]


def network(px, blocks, seed, begin=stem):
    sketch = Sketch(px, seed)
    x = begin(sketch, "image")
    for block in blocks:
        x = block(sketch, x)
    x = sketch.add(ops.GlobalAverage(), activated(sketch, x))
    return sketch.graph(sketch.affine(sketch.dense(x, 4)))


@given(
    blocks=st.lists(st.sampled_from(BLOCKS), min_size=2, max_size=3),
    begin=st.sampled_from([stem, stem_of_stride_one]),
    px=st.integers(9, 18),
    seed=st.integers(0, 99),
)
def test_every_pass_on_random_networks(blocks, begin, px, seed):
    graph = network(px, blocks, seed, begin)
    changed, names = rewritten(graph, ALL)
    assert {"fold-batch-norm", "fold-input-norm", "activate-after-max-pool"} <= set(names)
    wanted = answers(graph)
    assert_same(answers(changed), wanted, TOLERANCE)
    if not_known not in blocks:
        assert_same(onnx_answers(changed), wanted, TOLERANCE)


@pytest.mark.parametrize("name", [name for name in BUILT_IN if name != "none"])
@pytest.mark.parametrize("kind", ["tflite", "onnx"])
@pytest.mark.parametrize("arithmetic", ["float", "int8"])
def test_the_tunings_that_ship(name, kind, arithmetic):
    graph = network(16, BLOCKS, 1)
    changed, names = rewritten(graph, getattr(getattr(built_in(name), kind), arithmetic))
    assert "fold-batch-norm" in names
    assert_same(answers(changed), answers(graph), TOLERANCE)


def test_each_pass_is_named_where_it_changes_something_and_only_there():
    graph = network(16, [separable, dense_block, strided_residual, transition], 2)
    rewritten_all, names = rewritten(graph, ALL)
    passes = tuple(name.replace("_", "-") for name in PASSES)
    assert names == tuple(name for name in passes if name != "four-pixels-at-once")
    _, others = rewritten(network(16, [separable, dense_block, strided_residual, transition], 2, stem_of_stride_one), ALL)
    assert others == tuple(name for name in passes if name != "stem-on-blocks")
    assert rewritten(graph, Rewrites()) == (graph, ())
    again, changes = rewritten(rewritten_all, ALL)
    assert changes == ()
    assert same_graph(again, rewritten_all)
