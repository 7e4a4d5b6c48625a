"""Results as rows: one for each artifact in each runtime with each feed on each machine."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgekit.analysis.findings import Finding, findings, others_finding, unstable
from edgekit.analysis.machine import best_suited, free_cores, machine_findings, suits_better
from edgekit.analysis.statistics import Latency, latency
from edgekit.report.blocks import measurements, timed
from edgekit.report.compared import Images, common_images, compared
from edgekit.report.machines import machine_name, short_names
from edgekit.report.sides import Sides, limit_of, sides_of
from edgekit.spec.protocol import Feed, Purpose
from edgekit.spec.task import CLASSES, Decision

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from edgekit.spec.accuracy import Accuracy
    from edgekit.spec.format import Precision
    from edgekit.store.measurement import Block, ImageRecord
    from edgekit.store.operators import OperatorTime
    from edgekit.store.result import Result


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured of one artifact in one runtime with one feed. ``latency`` is ``None`` where every block failed.

    ``accuracy`` and ``agreement`` with the trained model are of the images that were measured with, which ``measured_on`` says, and of
    those that every row of the result has answered: ``compared`` are their positions, ``images`` their number, ``images_of`` is how many
    there were to choose from. ``tested`` counts the test images that the file was proved on. ``shown`` is the file, with its bundle's name
    where the result has several, and the result's where several have it; ``shown_runtime`` the runtime with what is not usual about
    threads and feed; ``shown_machine`` what tells the machine from the others. ``reallocations`` and ``late`` are counts of timed images.
    ``findings`` are of this row, ``machine_findings`` of all rows of its result. ``good`` are the blocks that were timed,
    ``pictures`` what they were timed with, named below ``root``, and ``operators`` the times of a run of its own.
    ``decision`` is how scores become an answer.
    """

    source: str
    network: str
    file: str
    sha256: str
    precision: Precision
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
    measured_on: Images = Images.GOLDEN
    compared: frozenset[int] = frozenset()
    images_of: int = 0

    @property
    def unstable(self) -> tuple[Finding, ...]:
        """What puts its figures in doubt: nothing is to be concluded from them without saying so."""
        return unstable((*self.findings, *self.machine_findings))


def accuracies(rows: Sequence[Row]) -> list[float | None]:
    """Return each row's accuracy, of the kind that `judged_on` tells.

    Files of one bundle may have been proved on different numbers of test images, and some images are easier than others. One that
    was proved on fewer than another gets the trained model's accuracy on the most, less its own drop.
    """
    if judged_on(rows) is not Images.TEST:
        return [row.accuracy for row in rows]
    most: dict[str, Accuracy] = {}
    for row in rows:
        if row.tested and (row.source not in most or row.tested.images > most[row.source].images):
            most[row.source] = row.tested
    return [_beside(row.tested, most[row.source]) if row.tested else None for row in rows]


def judged_on(rows: Sequence[Row]) -> Images:
    """Return what rows are held against each other by: photographs of known classes, where all were measured with the same ones.

    Else the test images that the files were proved on, and where no row has been the golden images.
    """
    measured = [row for row in rows if row.latency]
    alike = {(row.measured_on, row.root, row.compared, tuple(image.name for image in row.pictures)) for row in measured}
    if len(alike) == 1 and measured[0].measured_on is Images.PHOTOGRAPHS and all(row.accuracy is not None for row in measured):
        return Images.PHOTOGRAPHS
    return Images.TEST if any(row.tested for row in rows) else next((row.measured_on for row in measured), Images.TEST)


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
    groups = measurements(result, sources)
    common = common_images(header, groups.values())
    for (shown, shown_runtime), blocks in groups.items():
        meant = timed(blocks)
        good = [block for block in meant if not block.error]
        first = next(iter(good or blocks))
        samples = [block.timed_ns for block in good]
        decision = header.decisions.get(first.source, CLASSES)
        judged = compared(header, good, common) if good else None
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
            images=len(judged.answers) if judged else 0,
            latency=figures,
            sides=sides_of(blocks, figures, operators, limit_of(first, figures, planned, header.peaks)),
            accuracy=judged.share([image.truth for image in images]) if judged else None,
            agreement=judged.share([image.trained for image in images]) if judged else None,
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
            measured_on=judged.kind if judged else Images.GOLDEN,
            compared=frozenset(judged.answers) if judged else frozenset(),
            images_of=judged.of if judged else 0,
        )


def _told(block: Block) -> str:
    return block.error if block.purpose is Purpose.TIMING else f"{block.purpose.value}: {block.error}"
