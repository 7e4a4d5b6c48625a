"""What a profiler tells of a model's operators."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

import msgspec

from edgekit.spec.bounds import Count, Name, Text  # noqa: TC001 (msgspec reads the annotations)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class OperatorTime(msgspec.Struct, frozen=True, kw_only=True):
    """An operator's time for one image, in the order of execution."""

    name: Text
    type: Name
    time_ns: Count


def typical_times(times: Iterable[OperatorTime]) -> tuple[OperatorTime, ...]:
    """Return each operator once, in the order of its first appearance, with the mean of the middle half of its times.

    Not the median: profilers count whole microseconds, and many operators take one or two.
    """
    grouped: dict[tuple[str, str], list[int]] = {}
    for time in times:
        grouped.setdefault((time.name, time.type), []).append(time.time_ns)
    return tuple(OperatorTime(name=name, type=kind, time_ns=round(fmean(_middle(values)))) for (name, kind), values in grouped.items())


def _middle(values: Sequence[int]) -> Sequence[int]:
    quarter = len(values) // 4
    return sorted(values)[quarter : len(values) - quarter]
