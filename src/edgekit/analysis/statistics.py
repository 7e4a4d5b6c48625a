"""Statistics of latency samples: percentiles that the samples can carry, and intervals that know of processes."""

from __future__ import annotations

from dataclasses import dataclass
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
        percentiles_ns={rank: None if bounds[rank] is None else float(np.percentile(ordered, rank)) for rank in RANKS},
        bounds_ns=bounds,
        p50_interval_ns=interval(median_draws(groups, drawn_processes(len(groups), seed), seed)),
        mean_ns=float(ordered.mean()),
        deviation_ns=float(ordered.std(ddof=1)) if len(ordered) > 1 else 0.0,
        mad_ns=float(np.median(np.abs(ordered - np.median(ordered)))),
    )


def drawn_processes(processes: int, seed: int, *, draws: int = _RESAMPLES) -> NDArray[np.intp]:
    """Return which processes each bootstrap draw takes: (draws, processes)."""
    return np.random.default_rng(seed).integers(0, processes, (draws, processes))


def median_draws(groups: Sequence[NDArray[np.float64]], drawn: NDArray[np.intp], seed: int) -> NDArray[np.float64]:
    """Return the median of each draw of a hierarchical bootstrap: of the processes that were ``drawn``, samples are drawn in turn.

    Every process stands for as much as every other: by as many evenly spaced order statistics as the shortest has samples, or 128.
    """
    count = min(_MOST_RESAMPLED, *(len(group) for group in groups))
    small = np.stack([np.sort(group)[((np.arange(count) + 0.5) * len(group) / count).astype(np.intp)] for group in groups])
    # Small integers and a partition in place: a report has hundreds of these.
    which = np.random.default_rng(seed).integers(0, count, (*drawn.shape, count), dtype=np.uint8)
    samples = small.ravel().take(drawn[:, :, np.newaxis] * count + which).reshape(len(drawn), -1)
    middle = samples.shape[1] // 2
    samples.partition((middle - 1, middle), axis=1)
    return (samples[:, middle] if samples.shape[1] % 2 else (samples[:, middle - 1] + samples[:, middle]) / 2).astype(np.float64)


def interval(draws: NDArray[np.float64], *, tail: float = _TAIL) -> tuple[float, float]:
    """Return the interval of bootstrap draws that leaves out ``tail`` on each side: 95 % as it is."""
    low, high = np.quantile(draws, [tail, 1 - tail])
    return float(low), float(high)
