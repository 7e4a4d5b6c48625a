"""``edgekit compare``: which is faster, and how sure that is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgekit.cli.options import Json
from edgekit.cli.output import print_json, print_line, print_table
from edgekit.errors import MissingPackageError, UsageError

if TYPE_CHECKING:
    from edgekit.analysis.findings import Finding
    from edgekit.report.pairs import Pair
    from edgekit.store.result import Result


def command(
    results: Annotated[list[Path], typer.Argument(metavar="A.jsonl [B.jsonl]", help="One result, or the one before and the one after.")],
    force: Annotated[bool, typer.Option("--force", help="Compare results of different machines, or with other threads, all the same.")] = False,
    as_json: Json = False,
) -> None:
    """Compare latencies: within one result every artifact with the fastest; of two results each artifact with itself.

    Example: edgekit compare results/mobilenet.jsonl
    """
    from edgekit.store.result import read_result

    if len(results) > 2:
        raise UsageError(f"one or two results are compared. Received: {len(results)}", hint="edgekit compare A.jsonl B.jsonl")
    opened = [read_result(path) for path in results]
    if len(opened) == 2 and not force:
        _refuse_different(*opened)
    try:
        from edgekit.report.pairs import compared
    except ModuleNotFoundError as error:
        raise MissingPackageError(f"comparing needs a package that is not installed: {error.name}", hint="pip install edgekit[report]") from error
    pairs = compared(opened)
    if as_json:
        print_json([{"base": pair.base, "other": pair.other, **_figures(pair)} for pair in pairs])
        return
    print_table(
        ["", "ratio", "95 % interval", "p", ""],
        [
            [
                pair.other,
                f"{pair.comparison.ratio:.3f}",
                f"{pair.comparison.interval[0]:.3f}–{pair.comparison.interval[1]:.3f}",
                f"{pair.comparison.p_value:.2g}",
                ", ".join([pair.comparison.verdict.value, *(["unstable"] if pair.unstable else [])]),
            ]
            for pair in pairs
        ],
    )
    print_line(f"each against {f'{pairs[0].base}, the fastest' if len(opened) == 1 else f'the same in {results[0]}'}")
    print_line("ratio of the median latencies: below 1 is faster; p: Mann–Whitney, of the processes' medians")
    for text in dict.fromkeys(_told(item) for pair in pairs for item in pair.comparison.findings):
        print_line(text)
    for pair in pairs:
        for item in pair.unstable:
            print_line(f"{_told(item)} ({pair.other})")


def _told(finding: Finding) -> str:
    return f"{finding.level.value}: {finding.message}; {finding.advice}"


def _refuse_different(before: Result, after: Result) -> None:
    from edgekit.report.machines import machine_name

    machines = [machine_name(result) for result in (before, after)]
    if machines[0] != machines[1]:
        raise UsageError(
            f"the results are of different machines. Received: {machines[0]} and {machines[1]}", hint="--force compares them all the same"
        )
    threads = [result.header.protocol.threads for result in (before, after)]
    if threads[0] != threads[1]:
        raise UsageError(f"the results have different threads. Received: {threads[0]} and {threads[1]}", hint="--force compares them all the same")


def _figures(pair: Pair) -> dict[str, object]:
    comparison = pair.comparison
    return {
        "ratio": comparison.ratio,
        "interval": list(comparison.interval),
        "p_value": comparison.p_value,
        "verdict": comparison.verdict.value,
        "findings": [finding.code for finding in comparison.findings],
        "unstable": [finding.code for finding in pair.unstable],
    }
