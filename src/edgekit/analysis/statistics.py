"""Statistics of latency samples: percentiles that the samples can carry, and intervals that know of processes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from edgekit.analysis.early_stopping import bound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

RANKS = (50, 90, 95, 99)
_RESAMPLES = 500
_MOST_RESAMPLED = 128
_TAIL = 0.025


@dataclass(frozen=True, slots=True)
class Latency:
    """The latency of one artifact in one runtime, over all its processes; nanoseconds.

    A percentile is ``None`` where there are too few samples for it, by the early-stopping rule; ``bounds_ns`` are what each
    does not exceed at 99 % confidence, were the samples independent. ``p50_interval_ns`` is a 95 % bootstrap interval that
    resamples processes first, then samples within them.
    """

    samples: int
    processes: int
    percentiles_ns: dict[int, float | None]
    bounds_ns: dict[int, float | None]
    p50_interval_ns: tuple[float, float]
    mean_ns: float
    deviation_ns: float
    mad_ns: float


def latency(processes: Sequence[Sequence[int]], *, seed: int = 0) -> Latency:
    """Summarise samples in nanoseconds, a sequence for each process."""
    groups = [np.asarray(group, dtype=np.float64) for group in processes if len(group)]
    ordered = np.sort(np.concatenate(groups))
    bounds = {rank: bound(ordered, rank) for rank in RANKS}
    return Latency(
        samples=len(ordered),
        processes=len(groups),
        percentiles_ns={rank: None if bounds[rank] is None else percentile(ordered, rank) for rank in RANKS},
        bounds_ns=bounds,
        p50_interval_ns=interval(median_draws(groups, seed)),
        mean_ns=float(ordered.mean()),
        deviation_ns=float(ordered.std(ddof=1)) if len(ordered) > 1 else 0.0,
        mad_ns=median(np.abs(ordered - median(ordered))),
    )


def median(samples: Sequence[float] | NDArray[np.float64]) -> float:
    """Return the median, in a third of `numpy.median`'s time for the few samples of a process."""
    return percentile(np.sort(np.asarray(samples, np.float64)), 50)


def percentile(ordered: NDArray[np.float64], rank: float) -> float:
    """Return what `numpy.percentile` does, of samples in rising order."""
    below, share = divmod(rank / 100 * (len(ordered) - 1), 1)
    low, high = ordered[int(below)], ordered[min(int(below) + 1, len(ordered) - 1)]
    return float(low + share * (high - low))


def median_draws(groups: Sequence[NDArray[np.float64]], seed: int, *, draws: int = _RESAMPLES) -> NDArray[np.float64]:
    """Return the median of each draw of a hierarchical bootstrap: processes are drawn, and of each of them samples in turn.

    Every process stands for as much as every other: by as many evenly spaced order statistics as the shortest has samples, or 128.
    """
    count = min(_MOST_RESAMPLED, *(len(group) for group in groups))
    pool = np.concatenate([np.sort(group)[((np.arange(count) + 0.5) * len(group) / count).astype(np.intp)] for group in groups])
    ordered = np.sort(pool)
    # Ranks in place of times, and one pivot with a maximum below it: NumPy's partition is several times faster so.
    ranks = np.searchsorted(ordered, pool).astype(np.int32).take(_drawn(len(groups), count, draws, seed))
    middle = ranks.shape[1] // 2
    ranks.partition(middle, axis=1)
    above = ordered[ranks[:, middle]]
    return above if ranks.shape[1] % 2 else (ordered[ranks[:, :middle].max(axis=1)] + above) / 2


@lru_cache(maxsize=4)
def _drawn(processes: int, count: int, draws: int, seed: int) -> NDArray[np.intp]:
    """Return which samples each draw takes, (draws, processes × count): the rows of a report have them in common."""
    random = np.random.default_rng(seed)
    groups = random.integers(0, processes, (draws, processes, 1))
    return (groups * count + random.integers(0, count, (draws, processes, count))).reshape(draws, -1)


def interval(draws: NDArray[np.float64], *, tail: float = _TAIL) -> tuple[float, float]:
    """Return the interval of bootstrap draws that leaves out ``tail`` on each side: 95 % as it is."""
    ordered = np.sort(draws)
    return percentile(ordered, 100 * tail), percentile(ordered, 100 * (1 - tail))
