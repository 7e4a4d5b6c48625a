"""How much memory this process holds, and held at most."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
# Linux: forget the peak so far (proc(5)).
_RESET_PEAK = "5"


def rss_bytes() -> int:
    """Return the resident memory of this process now; 0 where it is not told."""
    try:
        return int(psutil.Process().memory_info().rss)
    except (psutil.Error, OSError):
        return 0


def forget_peak() -> None:
    """Begin the peak anew, where the operating system can; elsewhere it counts from the process' start."""
    try:
        _CLEAR.write_text(_RESET_PEAK)
    except OSError:
        return


def peak_rss_bytes() -> int:
    """Return the most resident memory that this process has held."""
    if _STATUS.is_file():
        line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
