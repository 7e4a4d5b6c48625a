"""``edgekit select``: which export to ship, under the constraints of an app."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgekit.cli.options import Json, completing
from edgekit.cli.output import print_json, print_line, print_table
from edgekit.cli.results import opened_results
from edgekit.errors import DataError, MissingPackageError, StoreError, UsageError
from edgekit.spec.runtime import RUNTIMES, runtime_named
from edgekit.text.units import percent, size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.report.choice import Choice, Wanted
    from edgekit.report.row import Row
    from edgekit.store.bundle import Bundle

_POINT = 0.01


def command(
    results: Annotated[
        list[Path] | None, typer.Argument(metavar="[RESULTS]...", help="Result files, or folders of them; by default the newest in results/.")
    ] = None,
    max_latency: Annotated[str | None, typer.Option(metavar="TIME", help="For example 10ms: the upper end of the interval keeps to it.")] = None,
    percentile: Annotated[int, typer.Option(metavar="RANK", help="Which latency is meant: 50, 90, 95 or 99.")] = 50,
    max_drop: Annotated[
        float | None, typer.Option(metavar="POINTS", min=0, max=100, help="The most percentage points below the trained model's accuracy.")
    ] = None,
    max_size: Annotated[str | None, typer.Option(metavar="SIZE", help="For example 10MB.")] = None,
    runtimes: Annotated[
        list[str] | None, typer.Option("--runtime", metavar="NAME", autocompletion=completing(RUNTIMES), help="May be repeated; by default any.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Copy what was chosen: a bundle of one.")] = None,
    as_json: Json = False,
) -> None:
    """Name the best artifact: the most accurate that keeps to the constraints, or with --max-drop the fastest.

    Example: edgekit select results --max-latency 10ms --max-drop 0.5
    """
    from edgekit.analysis.statistics import RANKS
    from edgekit.report.choice import Wanted, choices
    from edgekit.report.rows import rows
    from edgekit.text.units import byte_count, nanoseconds

    if percentile not in RANKS:
        raise UsageError(f"that percentile is not told. Received: {percentile}", hint=f"choose from: {', '.join(map(str, RANKS))}")
    wanted = Wanted(
        rank=percentile,
        most_latency_ns=None if max_latency is None else nanoseconds(max_latency),
        most_drop=None if max_drop is None else max_drop * _POINT,
        most_bytes=None if max_size is None else byte_count(max_size),
        runtimes=tuple(runtime_named(name).name for name in runtimes or ()),
    )
    found = choices(rows(opened_results(results or [])), wanted)
    if not as_json:
        for choice in found:
            _print(choice, wanted)
        _refuse_none(found)
    copied = _copied(found, out) if out and found and all(choice.best for choice in found) else None
    if as_json:
        print_json({"choices": [_plain(choice) for choice in found], "copied": str(copied.folder) if copied else None})
        _refuse_none(found)
    elif copied:
        print_line(str(copied.folder))


def _print(choice: Choice, wanted: Wanted) -> None:
    from edgekit.report.answers import described, rule
    from edgekit.report.cells import drop, percentile
    from edgekit.report.wording import accuracies_in_words, name

    print_line(choice.machine)
    if choice.best:
        print_line(f"{described(choice.best, wanted.rank)}: the {rule(choice)} of {choice.fitting} that fit")
        for finding in (*choice.best.row.findings, *choice.best.row.machine_findings):
            print_line(f"{finding.level.value}: {finding.message}; {finding.advice}")
    print_table(
        ["not chosen", "why", "drop in points"],
        [[name(one.row, several=False), reason, drop(one.row)] for one, reason in choice.others],
    )
    for text in accuracies_in_words([one.row for one in choice.front]):
        print_line(text)
    print_table(
        ["none is faster and more accurate", f"p{wanted.rank}", _title(choice), "drop in points", "size"],
        [
            [
                name(one.row, several=False),
                percentile(one.row, wanted.rank),
                "" if one.accuracy is None else percent(one.accuracy),
                drop(one.row),
                size(one.row.bytes),
            ]
            for one in choice.front
        ],
    )


def _title(choice: Choice) -> str:
    from edgekit.report.wording import accuracy_title

    return next((accuracy_title(one.judged_on) for one in choice.front), "top-1")


def _refuse_none(found: Sequence[Choice]) -> None:
    """One machine without a candidate is enough: the file would not do there.

    Raises:
        DataError: nothing fits on a machine.

    """
    from edgekit.report.wording import name

    if not found:
        raise DataError("no file was measured with images back to back", hint="edgekit bench")
    for choice in found:
        if choice.best is None and choice.nearest:
            broken = choice.nearest.broken
            why, options = "; ".join(one.message for one in broken), ", ".join(one.option for one in broken)
            nearest = name(choice.nearest.row, several=False)
            raise DataError(f"nothing fits on {choice.machine}", hint=f"nearest is {nearest}: {why}: change {options}")


def _copied(found: Sequence[Choice], out: Path) -> Bundle:
    """Copy the one that was chosen; with several machines it must be the same on all."""
    from edgekit.report.wording import name
    from edgekit.store.bundle import open_bundle

    try:
        from edgekit.report.subset import copy_of_one
    except ModuleNotFoundError as error:
        raise MissingPackageError(f"copying needs a package that is not installed: {error.name}", hint="pip install edgekit[report]") from error

    best = [choice.best.row for choice in found if choice.best]
    if len({row.sha256 for row in best}) > 1:
        names = ", ".join(name(row, several=True) for row in best)
        raise UsageError(f"the machines have different ones. Received: {names}", hint="give the results of one machine, or leave --out out")
    source = next((Path(row.source) for row in best if Path(row.source).is_dir()), None)
    if source is None:
        hint = "run where `edgekit bench` ran, or leave --out out"
        raise StoreError(f"the bundle that was measured is not here. Received: {best[0].source}", hint=hint)
    return copy_of_one(open_bundle(source), best[0].sha256, out.resolve())


def _plain(choice: Choice) -> dict[str, object]:
    from edgekit.report.cells import plain

    def named(row: Row) -> dict[str, str]:
        return {"source": row.source, "file": row.file, "sha256": row.sha256, "runtime": row.runtime}

    return {
        "machine": choice.machine,
        "chosen": plain(choice.best.row) if choice.best else None,
        "nearest": named(choice.nearest.row) if choice.nearest else None,
        "not_chosen": [{**named(one.row), "why": reason} for one, reason in choice.others],
        "front": [named(one.row) for one in choice.front],
    }
