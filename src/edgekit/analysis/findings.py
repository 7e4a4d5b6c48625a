"""What a measurement noticed: values with a code, a level, a message and a next step."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from edgekit.analysis.statistics import interval, median, median_draws

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

_PROCESSES_APART = 0.05
_THROTTLED = 1.05
_WIDE, _FAR_TOO_WIDE = 0.10, 0.50
_UNSURE = 0.10
# Less than this of one core is what a quiet machine does for itself.
_QUIET_CORES = 0.5
_OUTLIER_MADS = 14.8
_SLOW_FIRST = 3.0


class Level(StrEnum):
    """Whether a finding puts the figures in doubt."""

    UNSTABLE = "unstable"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something worth knowing about a measurement."""

    code: str
    level: Level
    message: str
    advice: str


def findings(
    processes: Sequence[Sequence[int]],
    firsts_ns: Sequence[int],
    *,
    least_images: int,
    planned: int,
    failed: int,
    interval_ns: tuple[float, float] | None = None,
) -> list[Finding]:
    """Look at the samples of one artifact in one runtime: nanoseconds, a sequence for each process of the ``planned`` ones.

    ``interval_ns`` is the 95 % interval of their median, if it is known already.
    """
    found = list(_of_processes(len(processes), planned=planned, failed=failed))
    groups = [np.asarray(group, np.float64) for group in processes if len(group)]
    if groups:
        ends = interval_ns or interval(median_draws(groups, 0))
        found += _of_medians(groups, ends, least_images)
        found += _of_samples(np.concatenate(groups), firsts_ns)
    return found


def unstable(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return those that put a figure in doubt."""
    return tuple(finding for finding in found if finding.level is Level.UNSTABLE)


def too_busy(cores: float, *, free: float) -> bool:
    """Whether other programs that keep ``cores`` busy take more than the ``free`` ones that a measurement leaves them."""
    return cores > max(free, _QUIET_CORES)


def others_finding(cores: Sequence[float], *, free: float) -> Finding | None:
    """Look at how many cores other programs kept busy while each process was timed."""
    if not cores or not too_busy(median(cores), free=free):
        return None
    message = f"other programs kept {median(cores):.1f} cores busy while it was measured, and {free:g} {'is' if free == 1 else 'are'} free beside it"
    return Finding("busy", Level.UNSTABLE, message, "close them, and measure again")


def _of_processes(ran: int, *, planned: int, failed: int) -> Iterator[Finding]:
    missing = planned - ran - failed
    if missing > 0:
        message = f"{missing} of {planned} processes were not run: the measurement was interrupted"
        yield Finding("missing-processes", Level.UNSTABLE, message, "measure again")
    if failed:
        yield Finding("failed-block", Level.UNSTABLE, f"{failed} process{'es' * (failed > 1)} failed", "see the errors in the result")


def _of_medians(groups: Sequence[NDArray[np.float64]], ends: tuple[float, float], least_images: int) -> Iterator[Finding]:
    count = sum(map(len, groups))
    if count < least_images:
        yield Finding("too-few-samples", Level.UNSTABLE, f"{count} of {least_images} images fitted into the time", "take a larger --budget")
    medians = [median(group) for group in groups]
    spread = max(medians) / min(medians) - 1
    if spread > _PROCESSES_APART:
        message = f"the processes' medians are {100 * spread:.0f} % apart"
        yield Finding("processes-apart", Level.UNSTABLE, message, "close other programs, or take a larger --budget")
    unsure = (ends[1] - ends[0]) / median(np.concatenate(groups))
    if unsure > _UNSURE:
        message = f"the median's interval is {100 * unsure:.0f} % of it wide"
        yield Finding("wide-interval", Level.UNSTABLE, message, "close other programs, or take a larger --budget")
    slowdown = median([_last_to_first_fifth(group) for group in groups])
    if slowdown > _THROTTLED:
        message = f"the last fifth is {100 * (slowdown - 1):.0f} % slower than the first"
        yield Finding("throttling", Level.UNSTABLE, message, "let the device cool down")


def _of_samples(everything: NDArray[np.float64], firsts_ns: Sequence[int]) -> Iterator[Finding]:
    middle = median(everything)
    deviation = float(everything.std() / everything.mean())
    message = f"the standard deviation is {100 * deviation:.0f} % of the mean"
    if deviation > _FAR_TOO_WIDE:
        yield Finding("wide", Level.UNSTABLE, message, "close other programs, and measure again")
    elif deviation >= _WIDE:
        yield Finding("wide", Level.INFO, message, "look at the percentiles")
    mad = median(np.abs(everything - middle))
    outliers = int((everything > middle + _OUTLIER_MADS * mad).sum()) if mad else 0
    if outliers:
        yield Finding("outliers", Level.INFO, f"{outliers} of {len(everything)} samples are outliers", "they are kept; look at p99")
    if firsts_ns and median(firsts_ns) > _SLOW_FIRST * middle:
        message = f"the first inference takes {median(firsts_ns) / middle:.0f} times the median"
        yield Finding("slow-first", Level.INFO, message, "run one image before the user waits for one")


def _last_to_first_fifth(group: NDArray[np.float64]) -> float:
    fifth = max(1, len(group) // 5)
    return median(group[-fifth:]) / median(group[:fifth])
