"""From workloads to jobs: which file in which runtime, in which interpreter, how often."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.benchmarking.job import Job, path_of
from edgekit.errors import MissingPackageError, UsageError
from edgekit.spec.protocol import BACK_TO_BACK, Purpose, Sizes
from edgekit.spec.runtime import RUNTIMES, packages_for, runtime_named
from edgekit.store.measurement import Planned

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgekit.benchmarking.interpreter import Interpreter
    from edgekit.benchmarking.workloads import FileToMeasure, Workload
    from edgekit.spec.runtime import RuntimeSpec
    from edgekit.store.measurement import ResultHeader


def plan(workloads: Sequence[Workload], runtimes: Sequence[RuntimeSpec], interpreters: Sequence[Interpreter]) -> tuple[Planned, ...]:
    """Return every file in every fitting runtime: those that are named, else all that are installed.

    The first of ``interpreters`` that has a runtime serves it. What cannot be measured is planned with its problem, so
    that the result says so.

    Raises:
        UsageError: no file goes with a runtime that was named.
        MissingPackageError: nothing that opens the files is installed.

    """
    chosen = runtimes or [row for row in RUNTIMES.values() if not row.only_when_named and any(row.name in one.runtimes for one in interpreters)]
    planned = tuple(
        _planned(workload, file, runtime, interpreters)
        for workload in workloads
        for file in workload.files
        for runtime in chosen
        if file.format in runtime.formats
    )
    if not planned and runtimes:
        named = ", ".join(row.name for row in runtimes)
        raise UsageError(f"none of the files can be opened by the runtime that was named. Received: {named}", hint="leave --runtime out")
    if not planned:
        formats = (file.format for workload in workloads for file in workload.files)
        raise MissingPackageError("no runtime here opens any of the files", hint=packages_for(formats))
    return planned


def _planned(workload: Workload, file: FileToMeasure, runtime: RuntimeSpec, interpreters: Sequence[Interpreter]) -> Planned:
    serving = next((one for one in interpreters if runtime.name in one.runtimes), None)
    missing = "" if serving else f"{runtime.name} is not installed (pip install edgekit[{runtime.extra}])"
    return Planned(
        source=workload.source,
        network=file.network,
        file=file.file,
        sha256=file.sha256,
        bytes=file.bytes,
        precision=file.precision,
        tuning=file.tuning,
        runtime=runtime.name,
        version=serving.runtimes[runtime.name] if serving else "",
        python=serving.python if serving else "",
        any_size=file.any_size,
        multiply_adds=file.multiply_adds,
        tested=file.tested_in(runtime),
        problem=file.problem or missing,
    )


def jobs_of(header: ResultHeader) -> list[Job]:
    """Return every job of a measurement: timed blocks, and one process each for memory and for the time of operators."""
    return [job for planned in header.plan for job in _jobs(planned, header)]


def _jobs(planned: Planned, header: ResultHeader) -> Iterator[Job]:
    protocol, root = header.protocol, Path(header.roots[planned.source]).resolve()
    runs = [
        (Purpose.TIMING, feed, process)
        for feed in protocol.feeds
        if feed.sizes is Sizes.DECLARED or planned.any_size
        for process in range(protocol.processes)
    ]
    if not planned.problem:
        runs.append((Purpose.MEMORY, BACK_TO_BACK, 0))
        if runtime_named(planned.runtime).profiles:
            runs.append((Purpose.OPERATORS, BACK_TO_BACK, 0))
    path = str(path_of(planned))
    images = tuple(str(root / image.name) for image in header.images[planned.source])
    for purpose, feed, process in runs:
        yield Job(planned=planned, path=path, process=process, purpose=purpose, feed=feed, images=images, protocol=protocol)
