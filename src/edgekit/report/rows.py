"""Results as rows: one for each artifact in each runtime with each feed on each machine."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgekit.analysis.findings import findings, others_finding
from edgekit.analysis.machine import best_suited, free_cores, machine_findings, suits_better
from edgekit.analysis.statistics import latency
from edgekit.report.blocks import measurements, timed
from edgekit.report.compared import Compared, Images, common_images, compared
from edgekit.report.machines import machine_name, short_names
from edgekit.report.row import Row
from edgekit.report.sides import limit_of, sides_of
from edgekit.spec.protocol import Purpose
from edgekit.spec.task import CLASSES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from edgekit.analysis.findings import Finding
    from edgekit.analysis.machine import Kind
    from edgekit.analysis.statistics import Latency
    from edgekit.report.compared import Key
    from edgekit.store.measurement import Block, Planned, ResultHeader
    from edgekit.store.result import Result


def rows(results: Iterable[Result]) -> list[Row]:
    """Return the rows of all results, the fastest first within each result."""
    opened = list(results)
    sources = {block.source for result in opened for block in result.blocks}
    machines = short_names(dict.fromkeys(machine_name(result) for result in opened))
    stems = Counter(result.path.stem for result in opened)
    names = [result.path.stem if stems[result.path.stem] == 1 else str(result.path) for result in opened]
    groups = [(name, sorted(_rows_of(result, sources, machines), key=_speed)) for name, result in zip(names, opened, strict=True)]
    often = Counter(_shown(row) for _, group in groups for row in group)
    return [replace(row, shown=f"{row.shown} ({name})") if often[_shown(row)] > 1 else row for name, group in groups for row in group]


def _shown(row: Row) -> tuple[str, str, str]:
    return row.shown, row.shown_runtime, row.machine


def _speed(row: Row) -> float:
    median = row.latency.percentiles_ns[50] if row.latency else None
    return median if median is not None else float("inf")


@dataclass(frozen=True, slots=True)
class _Measured:
    """What all rows of a result have in common.

    ``plan`` is by source, file and runtime. ``common`` are the images that all rows have answered.
    ``best`` is what suits the machine's ``instructions`` best.
    """

    header: ResultHeader
    machine: str
    shown_machine: str
    plan: Mapping[tuple[str, str, str], Planned]
    common: Mapping[Key, frozenset[int]]
    instructions: str
    best: Mapping[Kind, Planned]


def _rows_of(result: Result, sources: AbstractSet[str], machines: Mapping[str, str]) -> Iterable[Row]:
    header, machine = result.header, machine_name(result)
    groups = measurements(result, sources)
    plan = {(entry.source, entry.file, entry.runtime): entry for entry in header.plan}
    instructions = header.environment.instructions or ""
    whole = _Measured(
        header, machine, machines[machine], plan, common_images(header, groups.values()), instructions, best_suited(header.plan, instructions)
    )
    for (shown, shown_runtime), blocks in groups.items():
        yield _row(whole, blocks, shown, shown_runtime)


def _row(whole: _Measured, blocks: Sequence[Block], shown: str, shown_runtime: str) -> Row:
    header = whole.header
    good = [block for block in timed(blocks) if not block.error]
    first = next(iter(good or blocks))
    figures = latency([block.timed_ns for block in good], seed=header.protocol.seed) if good else None
    judged = compared(header, good, whole.common) if good else Compared(Images.GOLDEN, {}, 0)
    images = header.images.get(first.source, ())
    planned = whole.plan.get((first.source, first.file, first.runtime))
    own, of_machine = _findings(whole, blocks, figures, planned)
    operators = next((block.operators for block in blocks if block.purpose is Purpose.OPERATORS), ())
    return Row(
        source=first.source,
        network=planned.network if planned else "",
        file=first.file,
        sha256=first.sha256,
        precision=first.precision,
        runtime=first.runtime,
        version=first.version,
        threads=first.threads,
        feed=first.feed,
        machine=whole.machine,
        started_at=header.started_at,
        bytes=first.bytes,
        images=len(judged.answers),
        latency=figures,
        sides=sides_of(blocks, figures, operators, limit_of(first, figures, planned, header.peaks)),
        accuracy=judged.share([image.truth for image in images]),
        agreement=judged.share([image.trained for image in images]),
        tested=planned.tested if planned else None,
        reallocations=sum(block.reallocations for block in good),
        late=sum(block.late for block in good),
        findings=own,
        machine_findings=of_machine,
        errors=tuple(sorted({_told(block) for block in blocks if block.error})),
        shown=shown,
        shown_runtime=f"{shown_runtime} ({first.threads} threads)" if first.threads > 1 else shown_runtime,
        shown_machine=whole.shown_machine,
        good=tuple(good),
        operators=operators,
        pictures=images,
        root=header.roots.get(first.source, ""),
        labels=header.labels.get(first.source, ()),
        decision=header.decisions.get(first.source, CLASSES),
        measured_on=judged.kind,
        compared=frozenset(judged.answers),
        images_of=judged.of,
    )


def _findings(
    whole: _Measured, blocks: Sequence[Block], figures: Latency | None, planned: Planned | None
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return what is noticed of a row, and of the machine while the row was measured."""
    header, protocol = whole.header, whole.header.protocol
    meant = timed(blocks)
    good = [block for block in meant if not block.error]
    noticed = findings(
        [block.timed_ns for block in good],
        [block.first_ns for block in good],
        least_images=protocol.least_images,
        planned=protocol.processes,
        failed=len(meant) - len(good),
        interval_ns=figures.p50_interval_ns if figures else None,
    )
    free = free_cores(header.environment, threads=protocol.threads)
    others = [block.other_cores for block in good if block.other_cores is not None]
    busy = None if free is None else others_finding(others, free=free)
    better = suits_better(planned, whole.best, whole.instructions) if planned else None
    of_machine = machine_findings(header.environment, threads=protocol.threads, quiet=bool(others) and not busy)
    return (*noticed, *(finding for finding in (busy, better) if finding)), tuple(of_machine)


def _told(block: Block) -> str:
    return block.error if block.purpose is Purpose.TIMING else f"{block.purpose.value}: {block.error}"
