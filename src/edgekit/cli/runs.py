"""What is said of runs that are finished."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.cli.output import print_json, print_line
from edgekit.store.record import builtins
from edgekit.text.units import duration, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.store.run import Run

_SHOWN = 5


def _figures(run: Run) -> dict[str, object]:
    record = run.record
    return {
        "run": str(run.folder),
        "network": record.network.name,
        "test_accuracy": record.test_accuracy,
        "seconds": record.seconds,
        "left_out": [builtins(entry) for entry in record.dataset.left_out],
    }


def print_runs(runs: Sequence[Run], *, as_json: bool) -> None:
    """Print how well each run answers and what it mistakes, or its figures as JSON."""
    if as_json:
        print_json([_figures(run) for run in runs])
        return
    for run in runs:
        _print_run(run)
    if runs:
        print_line("next: edgekit export")


def _print_run(run: Run) -> None:
    record = run.record
    print_line(f"{run.folder}: top-1 {percent(record.test_accuracy)} on {record.dataset.test_images} test images, in {duration(record.seconds)}")
    found = sorted((entry for entry in record.classes if entry.recall is not None), key=lambda entry: entry.recall or 0.0)
    if found:
        worst = ", ".join(f"{entry.label} {percent(entry.recall or 0.0)}" for entry in found[:_SHOWN])
        print_line(f"found least often: {worst}")
    if record.confused:
        print_line(f"most confused: {', '.join(f'{pair.label} taken for {pair.taken_for} ({pair.images})' for pair in record.confused[:_SHOWN])}")
    print_line(f"pictures: {run.folder / 'curves.png'}, {run.folder / 'confusion.png'}; figures of every class: {run.folder / 'run.json'}")
