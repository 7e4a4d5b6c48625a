"""Where a file's time goes, operator by operator, as its runtime's own profiler told it in a run of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.store.operators import OperatorTime

_MOST = 12


def kinds(operators: Sequence[OperatorTime], *, most: int | None = _MOST) -> list[tuple[str, int]]:
    """Return the ``most`` kinds of operators that take longest, each with its time for one image in ns, and the rest as one; or all."""
    times: dict[str, int] = {}
    for operator in operators:
        times[operator.type] = times.get(operator.type, 0) + operator.time_ns
    order = sorted(times.items(), key=lambda entry: -entry[1])
    others = order[most:] if most is not None else []
    rest = sum(time for _, time in others)
    return order[:most] + ([("all others", rest)] if rest else [])
