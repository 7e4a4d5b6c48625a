"""``edgekit report``: results become a table and a page."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgekit.cli.bench import print_rows
from edgekit.cli.options import Json
from edgekit.cli.output import print_json, print_line
from edgekit.cli.results import opened_results
from edgekit.errors import MissingPackageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.report.row import Row
    from edgekit.store.result import Result


class Form(StrEnum):
    """What a report is written as; the value is the file's suffix too."""

    HTML = "html"
    MD = "md"
    CSV = "csv"
    JSON = "json"


def command(
    results: Annotated[
        list[Path] | None, typer.Argument(metavar="[RESULTS]...", help="Result files, or folders of them; by default the newest in results/.")
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="html: a page that opens without a network; the others have the same rows.")] = Form.HTML,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="By default report.html, or what the format is, beside the first result.")] = None,
    card: Annotated[Path | None, typer.Option(metavar="BUNDLE", help="Add the latencies to a bundle's model card, and write no report.")] = None,
    as_json: Json = False,
) -> None:
    """Print what was measured as a table, and write it as a page with plots, the machine and all that was noticed.

    Example: edgekit report results/mobilenet.jsonl
    """
    from edgekit.report.cells import plain
    from edgekit.report.rows import rows
    from edgekit.store.atomic import write_whole

    if card and (out or form is not Form.HTML):
        raise UsageError("--card writes into the bundle, in its own format", hint="leave --out and --format out")
    opened = opened_results(results or [])
    found = rows(opened)
    # Written first: what is printed may be cut off, by `head` for example.
    if card:
        written = _written_card(card, found)
    else:
        written = out or opened[0].path.parent / f"report.{form.value}"
        write_whole(written, _text(form, opened, found).encode())
    if as_json:
        print_json([plain(row) for row in found])
        return
    print_rows(found)
    print_line(str(written))


def _text(form: Form, results: Sequence[Result], rows: Sequence[Row]) -> str:
    from edgekit.report.cells import plain
    from edgekit.report.markdown import markdown
    from edgekit.report.table import comma_separated

    match form:
        case Form.MD:
            return markdown(results, rows)
        case Form.CSV:
            return comma_separated(rows)
        case Form.JSON:
            return json.dumps([plain(row) for row in rows], indent=2, ensure_ascii=False) + "\n"
        case Form.HTML:
            try:
                from edgekit.report.html import html
            except ModuleNotFoundError as error:
                hint = "pip install edgekit[report], or take another: --format md"
                raise MissingPackageError(f"the page needs a package that is not installed: {error.name}", hint=hint) from error
            return html(results, rows)


def _written_card(folder: Path, rows: Sequence[Row]) -> Path:
    from edgekit.store.bundle import open_bundle

    bundle = open_bundle(folder)
    try:
        from edgekit.report.measured import add_to_card
    except ModuleNotFoundError as error:
        raise MissingPackageError(f"the card needs a package that is not installed: {error.name}", hint="pip install edgekit[report]") from error
    return add_to_card(bundle, rows)
