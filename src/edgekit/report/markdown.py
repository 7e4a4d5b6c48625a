"""Rows as Markdown, with how they were measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.report.cells import COLUMNS, cells
from edgekit.report.notes import notes
from edgekit.report.wording import accuracies_in_words, circumstances, protocol_in_words
from edgekit.text.markup import in_markdown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.report.row import Row
    from edgekit.store.result import Result


def markdown(results: Sequence[Result], rows: Sequence[Row]) -> str:
    """Return a report: the table, what was noticed, and for each result its machine and the runtimes' versions."""
    # Where there is one machine alone, its name below is enough.
    first = 0 if len({row.machine for row in rows}) > 1 else COLUMNS.index("machine") + 1
    titles = COLUMNS[first:]
    table = [_line(titles), _line(["---"] * len(titles)), *(_line(cells(row)[first:]) for row in rows)]
    lines = ["# Latency, one image at a time", "", *table, ""]
    for text in accuracies_in_words(rows):
        lines += [f"{in_markdown(text)}.", ""]
    noticed = [f"- {in_markdown(text)}" for text in notes(rows)]
    if noticed:
        lines += ["## Noticed", "", *noticed, ""]
    for result in results:
        lines += [
            f"## {in_markdown(result.path.name)}",
            "",
            in_markdown(protocol_in_words(result)),
            "",
            *(f"- {in_markdown(key)}: {in_markdown(value)}" for key, value in circumstances(result)),
            "",
        ]
    return "\n".join(lines)


def _line(values: Sequence[str]) -> str:
    return "| " + " | ".join(in_markdown(value) for value in values) + " |"
