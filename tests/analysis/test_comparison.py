import math

import numpy as np
import pytest

from edgekit.analysis.comparison import Verdict, compare
from edgekit.analysis.statistics import median_draws


def processes(level, *, count=5, samples=150, seed=0):
    rng = np.random.default_rng(seed)
    return [(level * (1 + rng.normal(0, 0.004)) * (1 + rng.normal(0, 0.02, samples))).tolist() for _ in range(count)]


@pytest.mark.parametrize(
    ("level", "interleaved", "verdict"),
    [
        (900, True, Verdict.FASTER),
        (1100, True, Verdict.SLOWER),
        (970, True, Verdict.FASTER),
        (970, False, Verdict.NO_DIFFERENCE),  # within what a machine changes by from one day to the next
        (900, False, Verdict.FASTER),
    ],
)
def test_what_may_be_said(level, interleaved, verdict):
    found = compare(processes(1000), processes(level, seed=1), seed=0, interleaved=interleaved)
    assert found.verdict is verdict
    assert found.interval[0] < found.ratio < found.interval[1]
    assert found.ratio == pytest.approx(level / 1000, rel=0.02)
    assert found.p_value == pytest.approx(2 / 252)  # every process on one side: the least p of five against five
    assert [finding.code for finding in found.findings] == ([] if interleaved else ["not-interleaved"])


def test_the_same_thing_twice_is_not_different():
    verdicts = [compare(processes(1000, seed=seed), processes(1000, seed=seed + 100), seed=0, interleaved=True).verdict for seed in range(20)]
    assert verdicts.count(Verdict.NO_DIFFERENCE) >= 16


def test_processes_that_differ_widen_the_interval():
    apart = [[level + index for index in range(50)] for level in (900, 950, 1000, 1050, 1100)]
    alike = [[1000 + index for index in range(50)] for _ in range(5)]
    widths = [np.diff(compare(side, side, seed=0, interleaved=True).interval)[0] for side in (apart, alike)]
    assert widths[0] > 2 * widths[1]


def test_few_processes_are_said():
    found = compare(processes(1000, count=3), processes(900, count=5), seed=0, interleaved=True)
    assert [finding.code for finding in found.findings] == ["too-few-processes"]


def test_one_process_tells_nothing_apart():
    found = compare(processes(1000, count=1), processes(500, count=1), seed=0, interleaved=True)
    assert found.verdict is Verdict.UNKNOWN
    assert [finding.code for finding in found.findings] == ["too-few-processes"]


@pytest.mark.parametrize(
    ("before", "after", "quantile"),
    [(5, 5, 2.306), (3, 3, 2.776), (5, 10, 2.160), (2, 2, 4.303)],
)
def test_the_interval_is_hesterbergs_expanded_one(before, after, quantile):
    """Its tail is Φ(−√(n / (n − 1)) t), with t from a printed table of Student's distribution and n the fewer processes."""
    sides = processes(1000, count=before), processes(1000, count=after, seed=1)
    found = compare(*sides, seed=3, interleaved=True)
    fewest = min(before, after)
    tail = math.erfc(math.sqrt(fewest / (fewest - 1)) * quantile / math.sqrt(2)) / 2
    draws = median_draws([*map(np.array, sides[1])], 4, draws=2000) / median_draws([*map(np.array, sides[0])], 3, draws=2000)
    assert found.interval == pytest.approx(np.percentile(draws, [100 * tail, 100 * (1 - tail)]), rel=2e-6)
