"""What a measurement noticed: values with a code, a level, a message and a next step."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from edgekit.analysis.statistics import median

if TYPE_CHECKING:
    from collections.abc import Sequence

_PROCESSES_APART = 0.05
_THROTTLED = 1.05
_WIDE = 0.10
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


def findings(processes: Sequence[Sequence[int]], firsts_ns: Sequence[int], *, least_images: int, planned: int, failed: int) -> list[Finding]:
    """Look at the samples of one artifact in one runtime: nanoseconds, a sequence for each process of the ``planned`` ones."""
    found = []
    missing = planned - len(processes) - failed
    if missing > 0:
        message = f"{missing} of {planned} processes were not run: the measurement was interrupted"
        found.append(Finding("missing-processes", Level.UNSTABLE, message, "measure again"))
    if failed:
        found.append(Finding("failed-block", Level.UNSTABLE, f"{failed} process{'es' * (failed > 1)} failed", "see the errors in the result"))
    groups = [np.asarray(group, np.float64) for group in processes if len(group)]
    if not groups:
        return found
    everything = np.concatenate(groups)
    if len(everything) < least_images:
        found.append(
            Finding("too-few-samples", Level.UNSTABLE, f"{len(everything)} of {least_images} images fitted into the time", "take a larger --budget")
        )
    medians = [median(group) for group in groups]
    spread = max(medians) / min(medians) - 1
    if spread > _PROCESSES_APART:
        message = f"the processes' medians are {100 * spread:.0f} % apart"
        found.append(Finding("processes-apart", Level.UNSTABLE, message, "close other programs, or take a larger --budget"))
    slowdown = median([_last_to_first_fifth(group) for group in groups])
    if slowdown > _THROTTLED:
        message = f"the last fifth is {100 * (slowdown - 1):.0f} % slower than the first"
        found.append(Finding("throttling", Level.UNSTABLE, message, "let the device cool down"))
    middle = median(everything)
    deviation = float(everything.std() / everything.mean())
    if deviation >= _WIDE:
        found.append(Finding("wide", Level.INFO, f"the standard deviation is {100 * deviation:.0f} % of the mean", "look at the percentiles"))
    mad = median(np.abs(everything - middle))
    outliers = int((everything > middle + _OUTLIER_MADS * mad).sum()) if mad else 0
    if outliers:
        found.append(Finding("outliers", Level.INFO, f"{outliers} of {len(everything)} samples are outliers", "they are kept; look at p99"))
    if firsts_ns and median(firsts_ns) > _SLOW_FIRST * middle:
        message = f"the first inference takes {median(firsts_ns) / middle:.0f} times the median"
        found.append(Finding("slow-first", Level.INFO, message, "run one image before the user waits for one"))
    return found


def _last_to_first_fifth(group: np.ndarray) -> float:
    fifth = max(1, len(group) // 5)
    return median(group[-fifth:]) / median(group[:fifth])
