"""What a search tries: each change gives a table that holds."""

import msgspec
import pytest

from edgekit.exporting.tuning.space import Change, candidates, steps
from edgekit.spec.export import OnnxOptions, TFLiteOptions
from edgekit.spec.format import Format, Precision
from edgekit.spec.rewrites import NormAsConvolution, PreActivation, Rewrites, name_of
from edgekit.spec.tuning import built_in


def test_a_change_switches_off_before_it_switches_on():
    rewrites = Rewrites(fold_batch_norm=True, fold_pre_activation=PreActivation())
    norms = NormAsConvolution(behind_sums=True)
    change = Change("norms", Rewrites(norm_as_convolution=norms), off=(name_of(Rewrites.fold_pre_activation),))
    assert change.of(rewrites) == Rewrites(fold_batch_norm=True, norm_as_convolution=norms)


def test_a_change_that_a_tuning_has_already_is_no_candidate():
    for options in (TFLiteOptions(), TFLiteOptions(precision=Precision.INT8, tuning=built_in("x86-amx"))):
        names = [candidate.tuning.name for candidate in candidates(options)]
        assert "no-winograd" not in names
        assert "winograd-4-64" in names or "winograd-4-96" in names
    names = [candidate.tuning.name for candidate in candidates(TFLiteOptions(precision=Precision.INT8, tuning=built_in("x86-vnni")))]
    assert ("no-winograd" in names, "winograd-4-96" in names) == (True, False)


@pytest.mark.parametrize("options", [TFLiteOptions(precision=Precision.INT8), OnnxOptions(precision=Precision.INT8), TFLiteOptions(), OnnxOptions()])
def test_every_candidate_is_a_table_that_holds(options):
    names = [change.name for step in steps(options) for change in step]
    assert len(names) == len(set(names))
    for candidate in candidates(options):
        assert msgspec.convert(msgspec.to_builtins(candidate), type(candidate)) == candidate
    assert any(name.startswith("winograd") for name in names) == (options != OnnxOptions(precision=Precision.INT8))
    assert any(name.startswith("split") for name in names) == (options == TFLiteOptions())
    assert ("winograd-4-32-rows" in names) == (options == OnnxOptions())
    assert ("norm-as-convolution-in-two" in names) == (options == OnnxOptions())
    assert ("leaky-as-sum" in names) == (options == OnnxOptions(precision=Precision.INT8))
    assert ("cast-image" in names) == (options == TFLiteOptions(precision=Precision.INT8))
    assert ("norm-as-convolution" in names) == (options != TFLiteOptions())
    assert options.format in Format
