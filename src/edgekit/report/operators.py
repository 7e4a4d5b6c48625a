"""Where a file's time goes, operator by operator, as its runtime's own profiler told it in a run of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.store.operators import OperatorTime

_MOST = 12


def kinds(operators: Sequence[OperatorTime]) -> list[tuple[str, int]]:
    """Return the kinds of operators, each with its time for one image in ns, the longest first."""
    times: dict[str, int] = {}
    for operator in operators:
        times[operator.type] = times.get(operator.type, 0) + operator.time_ns
    return sorted(times.items(), key=lambda entry: -entry[1])


def longest_kinds(operators: Sequence[OperatorTime]) -> list[tuple[str, int]]:
    """Return the kinds that take longest, and the time of the rest as one."""
    order = kinds(operators)
    rest = sum(time for _, time in order[_MOST:])
    return order[:_MOST] + ([("all others", rest)] if rest else [])
