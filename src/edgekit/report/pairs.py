"""Which measurements of one or two results are held against each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.analysis.comparison import Comparison, compare
from edgekit.analysis.statistics import median
from edgekit.errors import DataError
from edgekit.report.blocks import measurements, timed
from edgekit.report.rows import rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.analysis.findings import Finding
    from edgekit.store.result import Result


@dataclass(frozen=True, slots=True)
class Pair:
    """Two measurements, named by file and runtime, and their comparison. ``unstable`` says what puts their figures in doubt."""

    base: str
    other: str
    comparison: Comparison
    unstable: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Measured:
    samples: list[tuple[int, ...]]
    unstable: tuple[Finding, ...]


def compared(results: Sequence[Result]) -> list[Pair]:
    """Return each measurement of one result against its fastest, or each that both results have against itself.

    Raises:
        DataError: there are no two measurements to compare.

    """
    seed = results[0].header.protocol.seed
    groups = [_measured(result) for result in results]
    if len(groups) == 1:
        (group,) = groups
        order = sorted(group, key=lambda name: median([time_ns for samples in group[name].samples for time_ns in samples]))
        pairs = [_pair(order[0], name, group[order[0]], group[name], seed=seed, interleaved=True) for name in order[1:]]
    else:
        before, after = groups
        pairs = [_pair(name, name, before[name], after[name], seed=seed, interleaved=False) for name in before if name in after]
    if not pairs:
        raise DataError("there are no two measurements to compare", hint="a result needs two artifacts or runtimes, or two results the same ones")
    return pairs


def _pair(base: str, other: str, before: _Measured, after: _Measured, *, seed: int, interleaved: bool) -> Pair:
    unstable = tuple(dict.fromkeys((*before.unstable, *after.unstable)))
    return Pair(base, other, compare(before.samples, after.samples, seed=seed, interleaved=interleaved), unstable)


def _measured(result: Result) -> dict[str, _Measured]:
    doubts = {(row.source, row.file, row.runtime, row.feed): row.unstable for row in rows([result])}
    return {
        f"{shown} in {runtime}": _Measured(samples, doubts[blocks[0].source, blocks[0].file, blocks[0].runtime, blocks[0].feed])
        for (shown, runtime), blocks in measurements(result).items()
        if (samples := [block.timed_ns for block in timed(blocks) if block.timed_ns])
    }
