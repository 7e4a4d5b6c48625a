import numpy as np
import pytest

from edgekit.analysis.early_stopping import bound, most_above


@pytest.mark.parametrize(("rank", "least"), [(50, 11), (90, 64), (95, 130), (99, 662)])
def test_the_least_samples_are_loadgens(rank, least):
    assert (most_above(least - 1, rank), most_above(least, rank)) == (0, 1)


@pytest.mark.parametrize(("samples", "rank", "most"), [(1000, 90, 78), (20_000, 90, 1901), (20_000, 50, 9835), (100_000, 99, 927)])
def test_more_samples_allow_more_above(samples, rank, most):
    """Values of the binomial distribution's quantile at 1 %, by SciPy 1.17."""
    assert most_above(samples, rank) == most


def test_the_bound_is_a_sample_above_the_percentile():
    assert bound(np.arange(63.0), 90) is None
    assert bound(np.arange(64.0), 90) == 63
    assert bound(np.arange(1000.0), 90) == 922


def test_the_bound_holds_as_often_as_it_says():
    rng = np.random.default_rng(0)
    true_p90 = -np.log(0.1)
    held = [bound(np.sort(rng.exponential(size=200)), 90) >= true_p90 for _ in range(2000)]
    assert np.mean(held) >= 0.985


def test_of_no_samples_nothing_is_bounded():
    assert most_above(0, 50) == 0
