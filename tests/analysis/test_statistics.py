import numpy as np

from edgekit.analysis.findings import Level, findings, others_finding
from edgekit.analysis.statistics import latency, median, median_draws, percentile


def test_a_percentile_needs_samples():
    few = latency([[10, 20, 30]])
    assert few.percentiles_ns == {50: None, 90: None, 95: None, 99: None}
    some = latency([list(range(100))])
    assert some.percentiles_ns[50] == 49.5
    assert np.isclose(some.percentiles_ns[90], 89.1)
    assert some.percentiles_ns[95] is None


def test_the_interval_knows_of_processes():
    rng = np.random.default_rng(0)
    alike = latency([(1000 + rng.normal(0, 10, 200)).tolist() for _ in range(5)])
    apart = latency([(level + rng.normal(0, 10, 200)).tolist() for level in (900, 950, 1000, 1050, 1100)])
    width = [high - low for low, high in (alike.p50_interval_ns, apart.p50_interval_ns)]
    assert alike.p50_interval_ns[0] < 1000 < alike.p50_interval_ns[1] + 2
    assert width[1] > 10 * width[0]


def test_percentiles_are_those_of_numpy():
    rng = np.random.default_rng(0)
    for count in (1, 2, 7, 64, 1001):
        samples = np.sort(rng.normal(1000, 50, count))
        assert np.allclose([percentile(samples, rank) for rank in (0, 2.5, 50, 99, 100)], np.percentile(samples, (0, 2.5, 50, 99, 100)), rtol=1e-14)
        assert np.isclose(median(rng.permutation(samples)), np.median(samples), rtol=1e-14)


def test_draws_are_those_of_a_bootstrap_with_two_levels():
    rng = np.random.default_rng(0)
    for sizes in ([64], [33, 40], [31, 31, 31], [200, 150, 180, 170, 160]):
        # Whole numbers: some are equal.
        groups = [np.round(rng.normal(1000, 8, size)) for size in sizes]
        plain = [
            np.median(
                np.concatenate([rng.choice(groups[chosen], min(128, *map(len, groups))) for chosen in rng.integers(0, len(groups), len(groups))])
            )
            for _ in range(4000)
        ]
        drawn = median_draws(groups, seed=1, draws=4000)
        assert len(drawn) == 4000
        assert abs(drawn.mean() - np.mean(plain)) < 0.25
        assert abs(drawn.std() / np.std(plain) - 1) < 0.12


def codes(*arguments, **named):
    return {
        finding.code: finding.level for finding in findings(*arguments, **{"least_images": 10, "planned": len(arguments[0]), "failed": 0, **named})
    }


def test_quiet_samples_have_no_findings():
    assert codes([[100, 101, 100, 99, 100] * 10] * 5, [110] * 5) == {}


def test_what_disturbs_is_found():
    quiet = [100, 101, 99, 102, 98] * 10
    assert codes([quiet, [110] * 50], []) == {"processes-apart": Level.UNSTABLE}
    assert codes([quiet], [], least_images=99) == {"too-few-samples": Level.UNSTABLE}
    assert codes([[100] * 40 + [120] * 10], []) == {"throttling": Level.UNSTABLE}
    assert codes([quiet], [900]) == {"slow-first": Level.INFO}
    assert codes([[*quiet, 200]], []) == {"outliers": Level.INFO, "wide": Level.INFO}
    assert codes([quiet], [], failed=1) == {"failed-block": Level.UNSTABLE}


def test_a_median_that_is_not_well_known_is_unstable_in_every_budget():
    # Half of the samples at each of two levels, in turns: the median lies anywhere between.
    unsure = [100, 200] * 32
    assert codes([unsure], [])["wide-interval"] is Level.UNSTABLE
    sure = [100, 104] * 32
    assert "wide-interval" not in codes([sure], [])
    assert codes([sure], [], interval_ns=(96.0, 107.0))["wide-interval"] is Level.UNSTABLE
    assert "wide-interval" not in codes([sure], [], interval_ns=(97.0, 107.0))


def test_a_standard_deviation_above_half_of_the_mean_is_unstable():
    # One in fifty: the mean is 100 + x / 50, the standard deviation 0.14 x.
    few, many = ([100] * 49 + [100 + extra] for extra in (300, 500))
    assert codes([few], [])["wide"] is Level.INFO
    assert codes([many], [])["wide"] is Level.UNSTABLE


def test_other_programs_are_unstable_where_they_need_more_than_is_free():
    assert others_finding([], free=1) is None
    assert others_finding([0.9, 1.0, 9.0], free=1) is None
    assert others_finding([1.1, 1.2, 0.0], free=1).level is Level.UNSTABLE
    assert others_finding([3.0], free=3) is None
    # A machine of one core does something for itself.
    assert others_finding([0.3], free=0) is None
    assert others_finding([0.6], free=0).code == "busy"
