"""Is one latency lower than another? A ratio of medians, how sure it is, and what may be said of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import mannwhitneyu, norm, t

from edgekit.analysis.findings import Finding, Level
from edgekit.analysis.statistics import interval, median, median_draws

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LEAST_PROCESSES = 5
# Between results of different times the machine itself may have changed by so much.
_DRIFT = 0.05
_ONE_SIDE = 0.025
# The tails are thin: more draws than for one latency.
_DRAWS = 2000


class Verdict(StrEnum):
    """What may be said of the other latency; of one process nothing, however many samples it has."""

    FASTER = "faster"
    SLOWER = "slower"
    NO_DIFFERENCE = "no difference"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Comparison:
    """``ratio`` is the other median over the base's, with its 95 % interval; below 1 the other is faster.

    ``p_value`` is Mann and Whitney's, two-sided, of the processes' medians, which are independent as samples of one
    process are not.
    """

    ratio: float
    interval: tuple[float, float]
    p_value: float
    verdict: Verdict
    findings: tuple[Finding, ...]


def compare(base: Sequence[Sequence[int]], other: Sequence[Sequence[int]], *, seed: int, interleaved: bool) -> Comparison:
    """Compare samples in nanoseconds, a sequence for each process; ``interleaved``: measured in turns, in one run."""
    before, after = ([np.asarray(group, np.float64) for group in side if len(group)] for side in (base, other))
    ratio = median(np.concatenate(after)) / median(np.concatenate(before))
    fewest = min(len(before), len(after))
    low, high = interval(_ratio_draws(before, after, seed), tail=_tail(len(before), len(after)))
    slack = 1.0 if interleaved else 1 + _DRIFT
    verdict = _verdict(low, high, slack) if fewest > 1 else Verdict.UNKNOWN
    medians = [[median(group) for group in side] for side in (before, after)]
    found = []
    if not interleaved:
        message = "the two were measured at different times: a difference below 5 % is not told apart from the machine's own"
        found.append(Finding("not-interleaved", Level.INFO, message, "measure both in one `edgekit bench`"))
    if fewest < LEAST_PROCESSES:
        message = f"{fewest} process{'es' * (fewest > 1)}; a comparison asks for {LEAST_PROCESSES}"
        found.append(Finding("too-few-processes", Level.UNSTABLE, message, "take a larger --budget"))
    return Comparison(ratio, (low, high), float(mannwhitneyu(*medians).pvalue), verdict, tuple(found))


def _verdict(low: float, high: float, slack: float) -> Verdict:
    if high < 1 / slack:
        return Verdict.FASTER
    return Verdict.SLOWER if low > slack else Verdict.NO_DIFFERENCE


def _ratio_draws(before: Sequence[NDArray[np.float64]], after: Sequence[NDArray[np.float64]], seed: int) -> NDArray[np.float64]:
    return median_draws(after, seed + 1, draws=_DRAWS) / median_draws(before, seed, draws=_DRAWS)


def _tail(before: int, after: int) -> float:
    """Return what the interval leaves out on each side, so that it covers 95 % with few processes too.

    Draws of n processes spread less than n processes do, by the root of (n − 1) / n, and a handful tells its own spread badly:
    the expanded percentile interval of Hesterberg, What Teachers Should Know About the Bootstrap (2015), section 4.
    """
    fewest, freedom = min(before, after), before + after - 2
    if fewest < 2:
        return _ONE_SIDE
    return float(norm.cdf(-np.sqrt(fewest / (fewest - 1)) * t.ppf(1 - _ONE_SIDE, freedom)))
