"""All passes of a tuning, one after the other, on random networks: what one leaves, the next must be able to read."""

import pytest
from hypothesis import given

from edgekit.passes import rewritten
from edgekit.spec.passes import Stage
from edgekit.spec.rewrites import (
    REWRITES,
    AverageAsConvolution,
    NormAsConvolution,
    PadChannels,
    PreActivation,
    Rewrites,
    SpaceToDepth,
    SplitConvolutions,
    Winograd,
)
from edgekit.spec.tuning import BUILT_IN, built_in
from random_networks import BLOCKS, dense_block, network, networks, separable, stem_of_stride_one, strided_residual, transition
from sketch import answers, assert_same, kinds, onnx_answers, same_graph

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
    average_as_convolution=AverageAsConvolution(most_size=5),
    pad_channels=PadChannels(multiple=4),
    use_winograd=Winograd(tile=4, least_channels=3),
    split_convolutions=SplitConvolutions(least_kib=0.15, part_kib=0.1, multiple=2),
)
TOLERANCE = 2e-4  # several layers of F(4, 3) behind one another


@given(graph=networks(BLOCKS))
def test_every_pass_on_random_networks(graph):
    changed, names = rewritten(graph, ALL)
    assert {"fold-batch-norm", "fold-input-norm"} <= set(names)
    assert ("activate-after-max-pool" in names) is ("Pad" not in kinds(graph))
    wanted = answers(graph)
    assert_same(answers(changed), wanted, TOLERANCE)
    if "Opaque" not in kinds(graph):
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
    passes = tuple(each.name for each in REWRITES if each.row.stage is Stage.GRAPH and each.is_in(ALL))
    assert names == tuple(name for name in passes if name != "four-pixels-at-once")
    _, others = rewritten(network(16, [separable, dense_block, strided_residual, transition], 2, stem_of_stride_one), ALL)
    assert others == tuple(name for name in passes if name != "stem-on-blocks")
    assert rewritten(graph, Rewrites()) == (graph, ())
    again, changes = rewritten(rewritten_all, ALL)
    assert changes == ()
    assert same_graph(again, rewritten_all)
