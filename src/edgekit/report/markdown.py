"""Rows as Markdown, with how they were measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.report.cells import COLUMNS, cells
from edgekit.report.notes import notes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.report.rows import Row
    from edgekit.store.result import Result


def markdown(results: Sequence[Result], rows: Sequence[Row]) -> str:
    """Return a report: the table, what was noticed, and the machine of each result."""
    lines = ["# Latency, one image at a time", "", _line(COLUMNS), _line(["---"] * len(COLUMNS)), *(_line(cells(row)) for row in rows), ""]
    noticed = [f"- {_escaped(text)}" for text in notes(rows)]
    if noticed:
        lines += ["## Noticed", "", *noticed, ""]
    for result in results:
        protocol = result.header.protocol
        lines += [
            f"## {result.path.name}",
            "",
            f"Budget {protocol.name}: at least {protocol.least_images} images and {protocol.least_s:g} s in {protocol.processes} fresh processes, "
            f"shuffled with seed {protocol.seed}; started at {result.header.started_at}. Raw image in memory to scores, preprocessing inside.",
            "",
            *(f"- {key}: {_escaped(str(value))}" for key, value in result.header.environment.items() if value not in (None, "")),
            "",
        ]
    return "\n".join(lines)


def _line(values: Sequence[str]) -> str:
    return "| " + " | ".join(_escaped(value) for value in values) + " |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
