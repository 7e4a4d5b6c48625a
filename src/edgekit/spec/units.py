"""Numbers as a person reads them. Inside, times are integers in nanoseconds and sizes are bytes."""

from __future__ import annotations

_MINUTE_S, _HOUR_S = 60, 3600


def duration(seconds: float) -> str:
    """Return a length of time in two units at most: ``42 s``, ``3 min 20 s``, ``2 h 5 min``."""
    whole = round(seconds)
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        return f"{whole // _MINUTE_S} min {whole % _MINUTE_S} s"
    return f"{whole // _HOUR_S} h {whole % _HOUR_S // _MINUTE_S} min"


def milliseconds(nanoseconds: float) -> str:
    """Return a latency in ms with three significant digits, at least."""
    value = nanoseconds / 1e6
    return f"{value:.3f} ms" if value < 1 else f"{value:.2f} ms" if value < 100 else f"{value:.1f} ms"


def size(count: int) -> str:
    """Return a file's size: ``812 B``, ``4.9 MB``."""
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count} B"


def percent(share: float) -> str:
    """Return a share as a percentage with one digit: ``97.3 %``."""
    return f"{100 * share:.1f} %"
