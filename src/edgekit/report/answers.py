"""The first thing that a report says: which export to ship."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.analysis.accuracy import drop
from edgekit.report.cells import median
from edgekit.report.choice import Choice, Wanted, choices
from edgekit.spec.export import Precision
from edgekit.spec.limits import LIMITS
from edgekit.spec.units import percent, points, size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgekit.report.rows import Row

_ENOUGH = LIMITS[Precision.INT8].accuracy_drop


@dataclass(frozen=True, slots=True)
class Answer:
    """A sentence about one machine."""

    machine: str
    text: str


def answers(rows: Sequence[Row]) -> list[Answer]:
    """Return for each machine the fastest file whose accuracy is enough, and where it is another the most accurate one."""
    fastest, best = choices(rows, Wanted(most_drop=_ENOUGH)), choices(rows, Wanted())
    return [Answer(choice.machine, text) for choice, other in zip(fastest, best, strict=True) for text in _texts(choice, other)]


def _texts(fastest: Choice, most_accurate: Choice) -> Iterator[str]:
    if fastest.best:
        yield f"{_shown(fastest.best)}: the fastest that loses at most {points(_ENOUGH)} of the trained model's accuracy"
    if most_accurate.best and most_accurate.best is not fastest.best:
        yield f"{_shown(most_accurate.best)}: the most accurate"
    if not fastest.best and not most_accurate.best:
        yield "nothing could be measured"


def _shown(row: Row) -> str:
    told = [median(row), size(row.bytes)]
    if row.best_accuracy is not None:
        told.insert(1, f"top-1 {percent(row.best_accuracy)}")
    if row.tested:
        told.insert(2, f"drop {drop(row.tested)} points")
    return f"{row.shown} in {row.shown_runtime} ({', '.join(told)})"
