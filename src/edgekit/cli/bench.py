"""``edgekit bench``: the latency of each artifact, one image at a time."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from edgekit.cli.options import EXPORTED, MEMORY_LIMIT, RESULTS, Json, MemoryLimit, completing
from edgekit.cli.output import Listener, print_json, print_line, print_table
from edgekit.errors import UnstableError, UsageError
from edgekit.spec.protocol import BACK_TO_BACK, BUDGETS, Feed, Protocol, Sizes
from edgekit.spec.runtime import RUNTIMES, runtime_named
from edgekit.text.units import byte_count, milliseconds, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.report.row import Row
    from edgekit.store.result import Result

_GIVEN_WITH_RESUME = frozenset({"resume", "out", "strict", "profile", "memory_limit", "as_json"})


class Budget(StrEnum):
    """The budgets of `edgekit.spec.protocol`."""

    SMOKE = "smoke"
    QUICK = "quick"
    FULL = "full"


def command(
    context: typer.Context,
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[PATH]...", help="Bundles or model files; by default all in exported/.")] = None,
    runtimes: Annotated[
        list[str] | None,
        typer.Option("--runtime", metavar="NAME", autocompletion=completing(RUNTIMES), help="May be repeated; by default all that are installed."),
    ] = None,
    threads: Annotated[int, typer.Option(min=1, max=256, help="The same for every runtime.")] = 1,
    images: Annotated[Path | None, typer.Option(metavar="DIR", help="Photographs to measure with; by default the bundle's golden images.")] = None,
    sizes: Annotated[Sizes, typer.Option(help="declared: the file's own size; mixed: beside it, each image in its own size.")] = Sizes.DECLARED,
    budget: Annotated[Budget, typer.Option(help="How long to measure.")] = Budget.QUICK,
    rate: Annotated[float | None, typer.Option(metavar="HZ", help="Beside back to back, so many images a second, as an app calls it.")] = None,
    roofline: Annotated[bool, typer.Option("--roofline", help="Measure what the machine can do at most, and tell each file's share.")] = False,
    profile: Annotated[bool, typer.Option("--profile", help="Print which operators take the time, of a run beside the timed ones.")] = False,
    python: Annotated[Path | None, typer.Option(metavar="PATH", help="Another interpreter, for runtimes that are not installed here.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the newest result in results/, or --out, with its own settings.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="End with status 3 if a figure is not to be relied on.")] = False,
    out: Annotated[Path | None, typer.Option(metavar="FILE.jsonl", help="The result; by default a new file in results/.")] = None,
    memory_limit: MemoryLimit = MEMORY_LIMIT,
    as_json: Json = False,
) -> None:
    """Measure per-image CPU latency in fresh processes, raw image in to scores out. Every sample is kept.

    Example: edgekit bench exported/mobilenet --runtime litert
    """
    from edgekit.report.rows import rows

    listener = Listener()
    try:
        if resume:
            result = _resumed(context, out, listener, byte_count(memory_limit))
        else:
            protocol = msgspec.structs.replace(BUDGETS[budget.value], threads=threads, feeds=_feeds(sizes, rate))
            result = _measured(
                paths or [EXPORTED], images, runtimes or (), protocol, python, out, listener, roofline=roofline, memory_bytes=byte_count(memory_limit)
            )
    finally:
        listener.close()
    found = rows([result])
    _print(result, found, as_json=as_json, profile=profile)
    if strict:
        _refuse_unstable(found)


def _feeds(sizes: Sizes, rate: float | None) -> tuple[Feed, ...]:
    """Return what is measured beside the usual feed, and that one first."""
    try:
        return tuple(dict.fromkeys([BACK_TO_BACK, Feed(sizes=sizes), *([Feed(rate_hz=rate)] if rate is not None else [])]))
    except ValueError as error:
        raise UsageError(str(error), hint="for example --rate 5") from error


def _measured(
    paths: Sequence[Path],
    images: Path | None,
    runtimes: Sequence[str],
    protocol: Protocol,
    python: Path | None,
    out: Path | None,
    listener: Listener,
    *,
    roofline: bool,
    memory_bytes: int,
) -> Result:
    from edgekit.benchmarking.bench import Order, bench
    from edgekit.benchmarking.workloads import find_workloads

    if out is not None and out.exists():
        raise UsageError(f"the result is there already. Received: {out}", hint="give another name, or go on with it: --resume")
    if roofline and protocol.threads > 1:
        raise UsageError(f"the roofline is that of one thread. Received: --threads {protocol.threads}", hint="leave --roofline or --threads out")
    workloads = find_workloads(paths, images)
    chosen = [runtime_named(name) for name in dict.fromkeys(runtimes)]
    name = _name(Path(workloads[0].source)) if len(workloads) == 1 else "bench"
    order = Order(workloads, chosen, protocol, python, roofline=roofline, memory_bytes=memory_bytes)
    return bench(order, out or RESULTS / f"{name}.jsonl", numbered=out is None, progress=listener)


def _name(source: Path) -> str:
    return source.stem if source.is_file() else source.resolve().name


def _resumed(context: typer.Context, out: Path | None, listener: Listener, memory_bytes: int) -> Result:
    from edgekit.benchmarking.bench import resume
    from edgekit.store.results import newest_begun

    given = [name for name in context.params if name not in _GIVEN_WITH_RESUME and str(context.get_parameter_source(name)).endswith("COMMANDLINE")]
    if given:
        raise UsageError("--resume goes on with the settings that the measurement began with", hint="give it alone, or with --out FILE.jsonl")
    return resume(out or newest_begun(RESULTS), progress=listener, memory_bytes=memory_bytes)


def _print(result: Result, found: Sequence[Row], *, as_json: bool, profile: bool) -> None:
    from edgekit.report.cells import plain

    if as_json:
        print_json({"result": str(result.path), "rows": [plain(row) | (_operators(row) if profile else {}) for row in found]})
        return
    print_rows(found)
    if profile:
        _print_operators(found)
    threads = result.header.protocol.threads
    print_line(
        f"{result.path}: one image at a time, {threads} thread{'s' if threads > 1 else ''}, each brought to the network's size before timing"
        f"{', but for mixed sizes' if any(feed.sizes is Sizes.MIXED for feed in result.header.protocol.feeds) else ''}"
    )
    print_line("next: edgekit report")


def _operators(row: Row) -> dict[str, Any]:
    from edgekit.report.operators import kinds

    return {"operators": [{"type": kind, "time_ns": time} for kind, time in kinds(row.operators)]}


def _print_operators(found: Sequence[Row]) -> None:
    from edgekit.report.operators import longest_kinds

    for row in found:
        total = sum(operator.time_ns for operator in row.operators)
        if total:
            told = [[kind, milliseconds(time), percent(time / total)] for kind, time in longest_kinds(row.operators)]
            print_table([f"operators of {row.shown} in {row.shown_runtime}", "time", "share"], told)


def _refuse_unstable(found: Sequence[Row]) -> None:
    unstable = [(row, finding) for row in found for finding in row.unstable]
    if unstable:
        row, finding = unstable[0]
        raise UnstableError(f"not to be relied on: {row.shown} in {row.shown_runtime}: {finding.message}", hint=finding.advice)


def print_rows(found: Sequence[Row]) -> None:
    """Print measured rows as a table that fits 80 columns in most cases, and what was noticed below it."""
    from edgekit.report.cells import COLUMNS, cells
    from edgekit.report.compared import Images
    from edgekit.report.notes import notes
    from edgekit.report.wording import accuracies_in_words

    several = len({row.machine for row in found}) > 1
    photos = any(row.measured_on is Images.PHOTOGRAPHS and row.accuracy is not None for row in found)
    golden = any(row.measured_on is Images.GOLDEN for row in found)
    accuracy = [*(["test top-1"] if golden or not photos else []), *(["photos top-1"] if photos else [])]
    names = [*(["machine"] if several else []), "file", "runtime", "p50", "95 % interval", "p90", *accuracy, "size"]
    if any(row.sides.limit for row in found):
        names.append("of the limit")
    shown = [COLUMNS.index(name) for name in names]
    print_table(names, [[cells(row)[index] for index in shown] for row in found])
    for text in (*accuracies_in_words(found), *notes(found)):
        print_line(text)
