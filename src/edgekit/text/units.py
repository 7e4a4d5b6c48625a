"""Numbers as a person reads them. Inside, times are integers in nanoseconds and sizes are bytes."""

from __future__ import annotations

import re
from math import floor, log10

from edgekit.errors import UsageError

# A float has no more.
_MOST_DIGITS = 18
_MINUTE_S, _HOUR_S = 60, 3600
_TIMES_NS = {"us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9}
_SIZES_BYTES = {"B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9}


def duration(seconds: float) -> str:
    """Return a length of time in two units at most: ``42 s``, ``3 min 20 s``, ``2 h 5 min``."""
    whole = round(seconds)
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        return f"{whole // _MINUTE_S} min {whole % _MINUTE_S} s"
    return f"{whole // _HOUR_S} h {whole % _HOUR_S // _MINUTE_S} min"


def milliseconds(nanoseconds: float, unsure_ns: float = 0) -> str:
    """Return a latency in ms with two or three digits behind the point; fewer where it is known to ± ``unsure_ns`` only."""
    value = nanoseconds / 1e6
    digits = 3 if value < 1 else 2 if value < 100 else 1
    if unsure_ns > 0:
        digits = min(digits, max(0, -floor(log10(unsure_ns / 1e6))))
    return f"{value:.{digits}f} ms"


def size(count: int) -> str:
    """Return a file's size: ``812 B``, ``4.9 MB``."""
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count} B"


def percent(share: float) -> str:
    """Return a share as a percentage with one digit: ``97.3 %``."""
    return f"{100 * share:.1f} %"


def points(share: float) -> str:
    """Return a difference of shares in percentage points: ``0.3 points``."""
    return f"{100 * share:.1f} points"


def points_between(share: float, interval: tuple[float, float], *, digits: int = 1) -> str:
    """Return a difference in percentage points with its interval: ``0.3 (−0.1 to 0.7)``."""
    low, high = (100 * end for end in interval)
    return f"{100 * share:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})".replace("-", "−")


def told_apart(value: float, limit: float, *, digits: int = 1, form: str = "e") -> tuple[str, str]:
    """Return two numbers with so many digits behind the point that they are not written alike: ``1.003e-04`` and ``1.000e-04``.

    ``form`` is that of Python's format specification, ``e`` or ``f``; ``digits`` are the least.
    """
    for count in range(digits, _MOST_DIGITS):
        texts = f"{value:.{count}{form}}", f"{limit:.{count}{form}}"
        if texts[0] != texts[1] or value == limit:
            break
    return texts


def nanoseconds(text: str) -> float:
    """Read a time that a person typed: ``10ms``, ``0.5 s``.

    Raises:
        UsageError: it is no time with a unit.

    """
    return _quantity(text, _TIMES_NS, "10ms")


def byte_count(text: str) -> int:
    """Read a size that a person typed: ``10MB``, ``512 kB``.

    Raises:
        UsageError: it is no size with a unit.

    """
    return max(1, round(_quantity(text, _SIZES_BYTES, "10MB")))


def _quantity(text: str, units: dict[str, float] | dict[str, int], example: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([A-Za-zµ]+)", text.strip())
    if not found or found[2] not in units or not float(found[1]):
        raise UsageError(f"a number and a unit are needed. Received: {text}", hint=f"for example {example}; units: {', '.join(units)}")
    return float(found[1]) * units[found[2]]
