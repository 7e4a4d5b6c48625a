"""What was noticed, as sentences: the same things of many rows together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.analysis.findings import Level
from edgekit.report.wording import name
from edgekit.spec.protocol import Sizes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgekit.report.row import Row

_FAILED = "failed"
_ORDER = (_FAILED, Level.UNSTABLE.value, Level.INFO.value)
_MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that was noticed of ``subject``, a row or a machine; ``code`` says which kind of thing. ``advice`` may be empty."""

    level: str
    code: str
    subject: str
    message: str
    advice: str

    @property
    def said(self) -> str:
        """What there is to say, without of what."""
        return f"{self.message}; {self.advice}" if self.advice else self.message


@dataclass(frozen=True, slots=True)
class Together:
    """A note that holds of several subjects; ``said`` has the figures of the first."""

    level: str
    said: str
    subjects: str


def notes(rows: Sequence[Row]) -> list[str]:
    """Return what was noticed as lines, the worst first: what, and of which rows or machines."""
    return [f"{note.level}: {note.said} ({note.subjects})" for note in together(rows)]


def together(rows: Sequence[Row]) -> list[Together]:
    """Return what was noticed, the worst first; what has the same advice stands together."""
    groups: dict[tuple[int, str, str], list[Note]] = {}
    for note in _all(rows):
        groups.setdefault((_ORDER.index(note.level), note.code, note.advice), []).append(note)
    return [_together(found) for _, found in sorted(groups.items())]


def _all(rows: Sequence[Row]) -> Iterator[Note]:
    several = len({row.machine for row in rows}) > 1
    for row in rows:
        yield from _of_row(row, name(row, several=several))
    for machine, finding in dict.fromkeys((row.shown_machine, finding) for row in rows for finding in row.machine_findings):
        yield Note(finding.level.value, finding.code, machine, finding.message, finding.advice)


def _of_row(row: Row, subject: str) -> Iterator[Note]:
    for finding in row.findings:
        yield Note(finding.level.value, finding.code, subject, finding.message, finding.advice)
    if row.latency and row.feed.sizes is Sizes.MIXED:
        message = f"{row.reallocations} of {row.latency.samples} images had another size than the one before"
        yield Note(Level.INFO.value, "sizes", subject, message, "")
    if row.late:
        yield Note(Level.INFO.value, "late", subject, f"{row.late} images began late: the rate is more than this machine keeps", "")
    for error in row.errors:
        yield Note(_FAILED, error, subject, error, "")


def _together(found: Sequence[Note]) -> Together:
    subjects = list(dict.fromkeys(note.subject for note in found))
    more = len(subjects) - _MOST_NAMES
    shown = ", ".join(subjects[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
    alike = len({note.message for note in found}) == 1
    return Together(found[0].level, found[0].said if alike else f"for example {found[0].said}", shown)
