import statistics

import numpy as np
import pytest
from scipy.stats import norm

from edgekit.analysis.findings import Level, findings, others_finding
from edgekit.analysis.statistics import interval, latency, median, median_draws, percentile


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


def test_the_interval_leaves_out_two_and_a_half_percent_on_each_side():
    # Of 0, 1, … 1000 the 2.5th percentile is 25; of a normal distribution it is 1.96 standard deviations below the mean.
    assert interval(np.random.default_rng(0).permutation(1001).astype(np.float64)) == pytest.approx((25, 975))
    normal = norm.ppf((np.arange(100_000) + 0.5) / 100_000)
    assert interval(normal) == pytest.approx((-1.95996, 1.95996), abs=1e-4)


def test_an_outlier_is_more_than_ten_standard_deviations_above_the_median():
    """By the MAD, which is 0.6745 of a normal distribution's standard deviation: ten of these are 14.8 MADs."""
    spread = [90, 95, 100, 105, 110] * 10  # the median is 100 and the MAD 5, so the limit is 174
    assert round(10 / norm.ppf(0.75), 1) == 14.8
    assert "outliers" not in codes([[*spread, 174]], [])
    assert "outliers" in codes([[*spread, 175]], [])
    assert "outliers" not in codes([[*spread, 1]], [])
    found = findings([[*spread, 175, 174, 200]], [], least_images=1, planned=1, failed=0)
    assert [each.message for each in found if each.code == "outliers"] == ["2 of 53 samples are outliers"]
    # Where more than half are equal, the MAD is 0 and tells nothing.
    assert "outliers" not in codes([[100] * 40 + [101] * 10], [])


def test_the_figures_of_a_few_samples():
    """By hand: of 1, 2, 4 and 8 the median is 3, from which they are 2, 1, 1 and 5 away; the mean is 3.75."""
    found = latency([[4, 1], [8], [], [2]])
    assert (found.samples, found.processes, found.mean_ns, found.mad_ns) == (4, 3, 3.75, 1.5)
    assert found.deviation_ns == pytest.approx(statistics.stdev([1, 2, 4, 8]))
    assert latency([[7]]).deviation_ns == 0
    assert found.percentiles_ns.keys() == found.bounds_ns.keys() == {50, 90, 95, 99}


def told(*arguments, **named):
    found = findings(*arguments, **{"least_images": 1, "planned": len(arguments[0]), "failed": 0, **named})
    return {finding.code: finding.message for finding in found}


def test_processes_are_apart_from_five_percent_on():
    assert "processes-apart" not in told([[1000] * 50, [1049] * 50], [])
    assert told([[1000] * 50, [1060] * 50], [])["processes-apart"] == "the processes' medians are 6 % apart"


def test_the_last_fifth_is_slower_from_five_percent_on():
    assert "throttling" not in told([[100] * 40 + [104] * 10], [])
    assert told([[100] * 40 + [106] * 10], [])["throttling"] == "the last fifth is 6 % slower than the first"
    # The middle process of three tells.
    assert "throttling" not in told([[100] * 40 + [200] * 10, [100] * 50, [100] * 50], [])


def test_the_first_inference_is_slow_from_three_times_the_median_on():
    assert "slow-first" not in told([[100] * 50], [300, 300, 900])
    assert told([[100] * 50], [301, 420])["slow-first"] == "the first inference takes 4 times the median"


def test_a_standard_deviation_of_a_tenth_of_the_mean_is_wide():
    # Half at each of two levels: the deviation is half of their difference.
    assert "wide" not in told([[91, 109] * 32], [])
    assert told([[90, 110] * 32], [])["wide"] == "the standard deviation is 10 % of the mean"


def test_what_was_not_run_and_what_failed_is_counted():
    assert told([[100] * 50] * 2, [], planned=5, failed=1) == {
        "missing-processes": "2 of 5 processes were not run: the measurement was interrupted",
        "failed-block": "1 process failed",
    }
    assert told([[100] * 50] * 2, [], planned=4, failed=2) == {"failed-block": "2 processes failed"}
    assert told([], [], planned=1, failed=0).keys() == {"missing-processes"}
    assert told([[5] * 4], [], least_images=5)["too-few-samples"] == "4 of 5 images fitted into the time"
    assert "too-few-samples" not in told([[5] * 4], [], least_images=4)


def test_what_is_said_of_a_wide_interval_and_of_other_programs():
    assert told([[100] * 50], [], interval_ns=(90.0, 105.0))["wide-interval"] == "the median's interval is 15 % of it wide"
    assert others_finding([1.5, 1.6, 9.0], free=1).message == "other programs kept 1.6 cores busy while it was measured, and 1 is free beside it"
    assert others_finding([2.5], free=2).message.endswith("and 2 are free beside it")
