"""Statistics of latency samples: percentiles that the samples can carry, and an interval that knows of processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Least samples for each percentile by MLPerf LoadGen's early-stopping rule at 99 % confidence.
LEAST_SAMPLES = {50: 11, 90: 64, 95: 130, 99: 662}
_RESAMPLES = 1000
_MOST_RESAMPLED = 400
_CONFIDENCE = 95


@dataclass(frozen=True, slots=True)
class Latency:
    """The latency of one artifact in one runtime, over all its processes; nanoseconds.

    A percentile is ``None`` where there are too few samples for it. ``p50_interval_ns`` is a 95 % bootstrap interval
    that resamples processes first, then samples within them.
    """

    samples: int
    processes: int
    percentiles_ns: dict[int, float | None]
    p50_interval_ns: tuple[float, float]
    mean_ns: float
    deviation_ns: float
    mad_ns: float


def latency(processes: Sequence[Sequence[int]], *, seed: int = 0) -> Latency:
    """Summarise samples in nanoseconds, a sequence for each process."""
    groups = [np.asarray(group, dtype=np.float64) for group in processes if len(group)]
    everything = np.concatenate(groups)
    median = float(np.median(everything))
    return Latency(
        samples=len(everything),
        processes=len(groups),
        percentiles_ns={rank: float(np.percentile(everything, rank)) if len(everything) >= least else None for rank, least in LEAST_SAMPLES.items()},
        p50_interval_ns=interval(median_draws(groups, seed)),
        mean_ns=float(everything.mean()),
        deviation_ns=float(everything.std(ddof=1)) if len(everything) > 1 else 0.0,
        mad_ns=float(np.median(np.abs(everything - median))),
    )


def median_draws(groups: Sequence[NDArray[np.float64]], seed: int) -> NDArray[np.float64]:
    """Return 1,000 medians of a hierarchical bootstrap: processes are drawn first, then samples within them.

    Groups above 400 samples are represented by 400 evenly spaced quantiles.
    """
    random = np.random.default_rng(seed)
    small = [group if len(group) <= _MOST_RESAMPLED else np.quantile(group, (np.arange(_MOST_RESAMPLED) + 0.5) / _MOST_RESAMPLED) for group in groups]
    medians = np.empty(_RESAMPLES)
    for index in range(_RESAMPLES):
        drawn = random.integers(0, len(small), len(small))
        medians[index] = np.median(np.concatenate([random.choice(small[which], len(small[which])) for which in drawn]))
    return medians


def interval(draws: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % interval of bootstrap draws."""
    tail = (100 - _CONFIDENCE) / 2
    low, high = np.percentile(draws, [tail, 100 - tail])
    return float(low), float(high)
