"""``edgekit bench``: the latency of each artifact, one image at a time."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from edgekit.cli.options import EXPORTED, RESULTS, Json
from edgekit.cli.output import Listener, print_json, print_line, print_table
from edgekit.errors import UnstableError, UsageError
from edgekit.spec.protocol import BUDGETS
from edgekit.spec.runtime import runtime_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.report.rows import Row


class Budget(StrEnum):
    """The budgets of `edgekit.spec.protocol`."""

    SMOKE = "smoke"
    QUICK = "quick"
    FULL = "full"


def command(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[PATH]...", help="Bundles or model files; by default all in exported/.")] = None,
    runtimes: Annotated[list[str] | None, typer.Option("--runtime", help="May be repeated; by default all that are installed.")] = None,
    threads: Annotated[int, typer.Option(min=1, max=256, help="The same for every runtime.")] = 1,
    images: Annotated[Path | None, typer.Option(metavar="DIR", help="Photographs to measure with; by default the bundle's golden images.")] = None,
    budget: Annotated[Budget, typer.Option(help="How long to measure.")] = Budget.QUICK,
    strict: Annotated[bool, typer.Option("--strict", help="End with status 3 if a figure is not to be relied on.")] = False,
    out: Annotated[Path | None, typer.Option(metavar="FILE.jsonl", help="The result; by default a new file in results/.")] = None,
    as_json: Json = False,
) -> None:
    """Measure per-image CPU latency in fresh processes, raw image in to scores out. Every sample is kept.

    Example: edgekit bench exported/mobilenet --runtime litert
    """
    from edgekit.analysis.findings import Level
    from edgekit.bench.bench import bench, find_targets
    from edgekit.report.cells import plain
    from edgekit.report.rows import rows

    if out is not None and out.exists():
        raise UsageError(f"the result is there already. Received: {out}", hint="give another name")
    targets = find_targets(paths or [EXPORTED], images)
    chosen = [runtime_named(name) for name in dict.fromkeys(runtimes or ())]
    protocol = msgspec.structs.replace(BUDGETS[budget.value], threads=threads)
    listener = Listener()
    try:
        name = Path(targets[0].source).stem if len(targets) == 1 else "bench"
        result = bench(targets, chosen, protocol, out or RESULTS / f"{name}.jsonl", numbered=out is None, progress=listener)
    finally:
        listener.close()
    found = rows([result])
    if as_json:
        print_json({"result": str(result.path), "rows": [plain(row) for row in found]})
    else:
        print_rows(found)
        print_line(
            f"{result.path}: one image at a time, {threads} thread{'s' if threads > 1 else ''}, each brought to the network's size before timing"
        )
        print_line("next: edgekit report")
    unstable = [(row, finding) for row in found for finding in row.findings if finding.level is Level.UNSTABLE]
    if strict and unstable:
        row, finding = unstable[0]
        raise UnstableError(f"not to be relied on: {row.shown} in {row.runtime}: {finding.message}", hint=finding.advice)


def print_rows(found: Sequence[Row]) -> None:
    """Print measured rows as a table that fits 80 columns in most cases, and what was noticed below it."""
    from edgekit.report.cells import COLUMNS, cells

    shown = [COLUMNS.index(name) for name in ("file", "runtime", "p50", "95 % interval", "p90", "top-1", "size")]
    print_table([COLUMNS[index] for index in shown], [[cells(row)[index] for index in shown] for row in found])
    for row in found:
        for finding in row.findings:
            print_line(f"{finding.level.value}: {row.shown} in {row.runtime}: {finding.message}; {finding.advice}")
        for error in row.errors:
            print_line(f"failed: {row.shown} in {row.runtime}: {error}")
