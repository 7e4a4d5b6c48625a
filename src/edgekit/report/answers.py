"""The first thing that a report says: which export to ship."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.report.cells import drop, told
from edgekit.report.choice import Choice, JudgedRow, Wanted, choices, in_doubt
from edgekit.report.compared import Images
from edgekit.report.wording import accuracy_title, images_in_words, name
from edgekit.spec.format import Precision
from edgekit.spec.limits import LIMITS
from edgekit.text.units import percent, points, size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgekit.report.row import Row

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


def _texts(fastest: Choice, best: Choice) -> Iterator[str]:
    if fastest.best:
        yield f"{described(fastest.best)}: the fastest that loses at most {points(_ENOUGH)} of the trained model's accuracy"
    if best.best and not (fastest.best and best.best.row is fastest.best.row):
        yield f"{described(best.best)}: the {rule(best)}"
    if not fastest.best and not best.best:
        yield "nothing could be measured"


def rule(choice: Choice) -> str:
    """Return what the best of a choice is, in words."""
    if not choice.by_speed:
        return "most accurate"
    return "fastest" if choice.best is None or choice.best.accuracy is not None else "fastest; its accuracy is not known"


def described(one: JudgedRow, rank: int = 50) -> str:
    """Return a row's name with its figures, of its latencies that of ``rank``."""
    row = one.row
    figures = [told(row, rank), *_accuracy(one), size(row.bytes)]
    return f"{name(row, several=False)} ({', '.join(figures)}){in_doubt(row)}"


def _accuracy(one: JudgedRow) -> Iterator[str]:
    on_test, lost = one.judged_on is Images.TEST, drop(one.row)
    if one.accuracy is not None:
        yield f"{accuracy_title(one.judged_on)} {percent(one.accuracy)}{'' if on_test else f' on {images_in_words(one.row)}'}"
    if lost:
        yield f"drop {lost} points{'' if on_test else ' on the test images'}"
