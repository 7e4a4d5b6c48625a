"""Results as rows: one for each artifact in each runtime with each feed on each machine."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgekit.analysis.findings import Finding, findings, others_finding, unstable
from edgekit.analysis.machine import best_suited, free_cores, machine_findings, suits_better
from edgekit.analysis.preprocessing import preprocessing_share
from edgekit.analysis.roofline import Limit, limit
from edgekit.analysis.statistics import Latency, latency, median
from edgekit.report.blocks import measurements, scores, timed
from edgekit.report.machines import machine_name, short_names
from edgekit.spec.protocol import Feed, Purpose
from edgekit.spec.task import CLASSES, Decision

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from edgekit.spec.accuracy import Accuracy
    from edgekit.store.operators import OperatorTime
    from edgekit.store.result import Block, ImageRecord, Peaks, Planned, Result


@dataclass(frozen=True, slots=True)
class Sides:
    """What was measured beside the latency, never in it; ``None`` where it was not.

    Times are medians over the processes, in nanoseconds. ``process_ns`` is the process' own start, ``load_ns`` the opening
    of the file, ``warmup_ns`` all of the warm-up, ``invoke_ns`` the runtime's call without the copies. ``rss_bytes`` is the
    memory of a process before it opened the file, ``peak_rss_bytes`` at most. ``preprocessing`` is a share of the operators' time.
    """

    process_ns: float | None = None
    load_ns: float | None = None
    first_ns: float | None = None
    warmup_ns: float | None = None
    invoke_ns: float | None = None
    rss_bytes: int | None = None
    peak_rss_bytes: int | None = None
    preprocessing: float | None = None
    limit: Limit | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured of one artifact in one runtime with one feed. ``latency`` is ``None`` where every block failed.

    ``accuracy`` and ``agreement`` with the trained model are shares of the distinct images measured with, ``tested`` counts
    the test images that the file was proved on. ``shown`` is the file, with its bundle's name where the result has several, and the result's where
    several have it; ``shown_runtime`` the runtime with what is not usual about threads and feed; ``shown_machine`` what tells the
    machine from the others. ``reallocations`` and ``late`` are counts of timed images.
    ``findings`` are of this row, ``machine_findings`` of all rows of its result. ``good`` are the blocks that were timed,
    ``pictures`` what they were timed with, named below ``root``, and ``operators`` the times of a run of its own.
    ``decision`` is how scores become an answer.
    """

    source: str
    network: str
    file: str
    sha256: str
    precision: str
    runtime: str
    version: str
    threads: int
    feed: Feed
    machine: str
    started_at: str
    bytes: int
    images: int
    latency: Latency | None
    sides: Sides
    accuracy: float | None
    agreement: float | None
    tested: Accuracy | None
    reallocations: int
    late: int
    findings: tuple[Finding, ...]
    machine_findings: tuple[Finding, ...]
    errors: tuple[str, ...]
    shown: str
    shown_runtime: str
    shown_machine: str
    good: tuple[Block, ...] = ()
    operators: tuple[OperatorTime, ...] = ()
    pictures: tuple[ImageRecord, ...] = ()
    root: str = ""
    labels: tuple[str, ...] = ()
    decision: Decision = CLASSES

    @property
    def unstable(self) -> tuple[Finding, ...]:
        """What puts its figures in doubt: nothing is to be concluded from them without saying so."""
        return unstable((*self.findings, *self.machine_findings))


def accuracies(rows: Sequence[Row]) -> list[float | None]:
    """Return each row's accuracy, of one kind: on the test images; where no row has that, on the images measured with.

    Files of one bundle may have been proved on different numbers of test images, and some images are easier than others. One that
    was proved on fewer than another gets the trained model's accuracy on the most, less its own drop.
    """
    most: dict[str, Accuracy] = {}
    for row in rows:
        if row.tested and (row.source not in most or row.tested.images > most[row.source].images):
            most[row.source] = row.tested
    if most:
        return [_beside(row.tested, most[row.source]) if row.tested else None for row in rows]
    return [row.accuracy for row in rows]


def _beside(tested: Accuracy, most: Accuracy) -> float:
    return tested.share if tested.images == most.images else most.reference_share - tested.drop


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


def _rows_of(result: Result, sources: AbstractSet[str], machines: Mapping[str, str]) -> Iterable[Row]:
    header, machine = result.header, machine_name(result)
    plan = {(entry.source, entry.file, entry.runtime): entry for entry in header.plan}
    instructions = str(header.environment.get("instructions") or "")
    best = best_suited(header.plan, instructions)
    free = free_cores(header.environment, threads=header.protocol.threads)
    for (shown, shown_runtime), blocks in measurements(result, sources).items():
        meant = timed(blocks)
        good = [block for block in meant if not block.error]
        first = next(iter(good or blocks))
        samples = [block.timed_ns for block in good]
        decision = header.decisions.get(first.source, CLASSES)
        said = {index: decision.answer(values) for index, values in scores(good).items()}
        images = header.images.get(first.source, ())
        figures = latency(samples, seed=header.protocol.seed) if good else None
        planned = plan.get((first.source, first.file, first.runtime))
        first_ns = [block.first_ns for block in good]
        noticed = findings(
            samples,
            first_ns,
            least_images=header.protocol.least_images,
            planned=header.protocol.processes,
            failed=len(meant) - len(good),
            interval_ns=figures.p50_interval_ns if figures else None,
        )
        others = [block.other_cores for block in good if block.other_cores is not None]
        busy = None if free is None else others_finding(others, free=free)
        about_machine = machine_findings(header.environment, threads=header.protocol.threads, quiet=bool(others) and not busy)
        better = suits_better(planned, best, instructions) if planned else None
        operators = next((block.operators for block in blocks if block.purpose is Purpose.OPERATORS), ())
        yield Row(
            source=first.source,
            network=planned.network if planned else "",
            file=first.file,
            sha256=first.sha256,
            precision=first.precision,
            runtime=first.runtime,
            version=first.version,
            threads=first.threads,
            feed=first.feed,
            machine=machine,
            started_at=header.started_at,
            bytes=first.bytes,
            images=len(said),
            latency=figures,
            sides=_sides(blocks, figures, operators, _limit(first, figures, planned, header.peaks)),
            accuracy=_share(said, [image.truth for image in images]),
            agreement=_share(said, [image.trained for image in images]),
            tested=planned.tested if planned else None,
            reallocations=sum(block.reallocations for block in good),
            late=sum(block.late for block in good),
            findings=(*noticed, *(item for item in (busy, better) if item)),
            machine_findings=tuple(about_machine),
            errors=tuple(sorted({_told(block) for block in blocks if block.error})),
            shown=shown,
            shown_runtime=f"{shown_runtime} ({first.threads} threads)" if first.threads > 1 else shown_runtime,
            good=tuple(good),
            shown_machine=machines[machine],
            operators=operators,
            pictures=images,
            root=header.roots.get(first.source, ""),
            labels=header.labels.get(first.source, ()),
            decision=decision,
        )


def _sides(blocks: Sequence[Block], figures: Latency | None, operators: Sequence[OperatorTime], reached: Limit | None) -> Sides:
    good = [block for block in timed(blocks) if not block.error]
    memory = next((block for block in blocks if block.purpose is Purpose.MEMORY and not block.error), None)
    return Sides(
        process_ns=_median([block.start_ns for block in good]),
        load_ns=_median([block.load_ns for block in good]),
        first_ns=_median([block.first_ns for block in good]),
        warmup_ns=_median([sum(block.warmup_ns) for block in good]),
        invoke_ns=_median([time_ns for block in good for time_ns in block.invoke_ns]),
        rss_bytes=memory.rss_bytes or None if memory else None,
        peak_rss_bytes=memory.peak_rss_bytes if memory else None,
        preprocessing=preprocessing_share(operators),
        limit=reached,
    )


def _limit(block: Block, figures: Latency | None, planned: Planned | None, peaks: Peaks | None) -> Limit | None:
    """Only for one thread: the peaks are of one."""
    median = figures.percentiles_ns[50] if figures else None
    counted = planned.multiply_adds if planned else None
    if peaks is None or median is None or counted is None or block.threads > 1:
        return None
    return limit(multiply_adds=counted, weights_bytes=block.bytes, precision=block.precision, latency_ns=median, peaks=peaks)


def _median(values: Sequence[int]) -> float | None:
    return median(values) if values else None


def _told(block: Block) -> str:
    return block.error if block.purpose is Purpose.TIMING else f"{block.purpose.value}: {block.error}"


def _share(said: Mapping[int, tuple[int, ...]], wanted: Sequence[tuple[int, ...] | None]) -> float | None:
    known = [answer == wanted[index] for index, answer in said.items() if wanted[index] is not None]
    return sum(known) / len(known) if known else None
