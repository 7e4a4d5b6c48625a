"""``edgekit report``: results become a table and a page of Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgekit.cli.bench import print_rows
from edgekit.cli.options import RESULTS, Json
from edgekit.cli.output import print_json, print_line


def command(
    results: Annotated[
        list[Path] | None, typer.Argument(metavar="[RESULTS]...", help="Result files, or folders of them; by default the newest in results/.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE.md", help="By default report.md beside the first result.")] = None,
    as_json: Json = False,
) -> None:
    """Print what was measured as a table, and write it as Markdown with the machine and all that was noticed.

    Example: edgekit report results/mobilenet.jsonl
    """
    from edgekit.report.cells import plain
    from edgekit.report.markdown import markdown
    from edgekit.report.rows import rows
    from edgekit.store.atomic import write_whole
    from edgekit.store.result import newest_results, read_result

    files = [file for path in results or newest_results(RESULTS) for file in (sorted(path.glob("*.jsonl")) if path.is_dir() else [path])]
    opened = [read_result(path) for path in files or newest_results((results or [RESULTS])[0])]
    found = rows(opened)
    page = out or opened[0].path.parent / "report.md"
    write_whole(page, markdown(opened, found).encode())
    if as_json:
        print_json([plain(row) for row in found])
        return
    print_rows(found)
    print_line(str(page))
