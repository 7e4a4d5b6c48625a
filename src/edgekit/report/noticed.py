"""What was noticed of many rows, the same things together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgekit.report.rows import Row

_MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Noticed:
    """One thing, of all the rows or machines it was noticed of."""

    level: str
    message: str
    advice: str
    names: str


def noticed(rows: Sequence[Row]) -> list[Noticed]:
    """Return what was noticed, the worst first."""
    groups: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for level, code, name, message, advice in _all(rows):
        groups.setdefault((level, code), []).append((name, message, advice))
    order = sorted(groups, key=lambda key: ("failed", "unstable", "info").index(key[0]))
    return [_together(level, groups[level, code]) for level, code in order]


def _all(rows: Sequence[Row]) -> Iterator[tuple[str, str, str, str, str]]:
    for row in rows:
        name = f"{row.shown} in {row.shown_runtime}"
        for error in row.errors:
            yield "failed", error, name, error, "the other rows are not touched by it"
        for finding in row.findings:
            yield finding.level.value, finding.code, name, finding.message, finding.advice
    for machine, finding in dict.fromkeys((row.machine, finding) for row in rows for finding in row.machine_findings):
        yield finding.level.value, finding.code, machine, finding.message, finding.advice


def _together(level: str, found: Sequence[tuple[str, str, str]]) -> Noticed:
    """Return one entry; where the words differ in their figures, those of the first stand for all."""
    names = list(dict.fromkeys(name for name, *_ in found))
    shown = ", ".join(names[:_MOST_NAMES]) + (f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else "")
    return Noticed(level, found[0][1], found[0][2], shown)
