"""Rows as comma-separated values: one line each, a header first, numbers as they are."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from edgekit.report.cells import plain
from edgekit.text.markup import in_spreadsheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.report.row import Row


def comma_separated(rows: Sequence[Row]) -> str:
    """Return the fields of `edgekit.report.cells.plain`, lists joined by spaces, findings by their codes."""
    lines = [{name: _cell(value) for name, value in plain(row).items()} for row in rows]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(lines[0]) if lines else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, list):
        return " ".join(item["code"] if isinstance(item, dict) else str(_cell(item)) for item in value)
    return in_spreadsheet(value)
