"""Which measurements of one or two results are held against each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.analysis.comparison import Comparison, compare
from edgekit.analysis.statistics import median
from edgekit.errors import DataError
from edgekit.report.blocks import measurements, timed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.store.result import Result

_Samples = dict[str, list[tuple[int, ...]]]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two measurements, named by file and runtime, and their comparison."""

    base: str
    other: str
    comparison: Comparison


def compared(results: Sequence[Result]) -> list[Pair]:
    """Return each measurement of one result against its fastest, or each that both results have against itself.

    Raises:
        DataError: there are no two measurements to compare.

    """
    seed = results[0].header.protocol.seed
    groups = [_samples(result) for result in results]
    if len(groups) == 1:
        (group,) = groups
        order = sorted(group, key=lambda name: median([time_ns for samples in group[name] for time_ns in samples]))
        pairs = [Pair(order[0], name, compare(group[order[0]], group[name], seed=seed, interleaved=True)) for name in order[1:]]
    else:
        before, after = groups
        pairs = [Pair(name, name, compare(before[name], after[name], seed=seed, interleaved=False)) for name in before if name in after]
    if not pairs:
        raise DataError("there are no two measurements to compare", hint="a result needs two artifacts or runtimes, or two results the same ones")
    return pairs


def _samples(result: Result) -> _Samples:
    found = {name: [block.timed_ns for block in timed(blocks) if block.timed_ns] for name, blocks in measurements(result).items()}
    return {f"{shown} in {runtime}": samples for (shown, runtime), samples in found.items() if samples}
