"""What other programs do while this process measures."""

from __future__ import annotations

import os
import time
from contextlib import suppress

import psutil

_IDLE = ("idle", "iowait", "guest", "guest_nice")  # a guest's time is in the user's too


class OtherPrograms:
    """How many cores other programs keep busy from its making on, of those that this process may use."""

    def __init__(self) -> None:
        self._begun = _now()

    def cores(self) -> float | None:
        """Return how many they kept busy on average so far; ``None`` where it cannot be read."""
        now = _now()
        if self._begun is None or now is None:
            return None
        passed, own, all_together = (after - before for before, after in zip(self._begun, now, strict=True))
        return round(max(0.0, all_together - own) / passed, 2) if passed > 0 else None


def _now() -> tuple[float, float, float] | None:
    """Return seconds: of the clock, of the CPU in this process, and of the CPU in all together."""
    with suppress(OSError, RuntimeError, NotImplementedError, ValueError):
        cores = psutil.cpu_times(percpu=True)
        mine = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(len(cores))
        busy = sum(value for index in mine for name, value in cores[index]._asdict().items() if name not in _IDLE)
        return time.perf_counter(), time.process_time(), busy
    return None


def involuntary_switches() -> int:
    """Return how often the operating system took the CPU away from this process so far; 0 where it is not told."""
    try:
        return int(psutil.Process().num_ctx_switches().involuntary)
    except (psutil.Error, OSError, NotImplementedError):
        return 0
