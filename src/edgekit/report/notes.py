"""What was noticed, as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.spec.protocol import Sizes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgekit.analysis.findings import Finding
    from edgekit.report.rows import Row


def notes(rows: Sequence[Row]) -> list[str]:
    """Return what was noticed of each row, and once what was noticed of the machines."""
    said = [text for row in rows for text in _of_row(row)]
    return said + list(dict.fromkeys(_sentence(row.machine, finding) for row in rows for finding in row.machine_findings))


def _of_row(row: Row) -> Iterator[str]:
    name = f"{row.shown} in {row.shown_runtime}"
    for finding in row.findings:
        yield _sentence(name, finding)
    if row.latency and row.feed.sizes is Sizes.MIXED:
        yield f"info: {name}: {row.reallocations} of {row.latency.samples} images had another size than the one before"
    if row.late:
        yield f"info: {name}: {row.late} images began late: the rate is more than this machine keeps"
    for error in row.errors:
        yield f"failed: {name}: {error}"


def _sentence(name: str, finding: Finding) -> str:
    return f"{finding.level.value}: {name}: {finding.message}; {finding.advice}"
