"""A bench as a whole: one result file, begun or gone on with."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from edgekit.benchmarking.environment import environment
from edgekit.benchmarking.interpreter import other_interpreter, this_interpreter
from edgekit.benchmarking.peaks import measure_peaks
from edgekit.benchmarking.plan import jobs_of, plan
from edgekit.benchmarking.schedule import interleaved, run_schedule
from edgekit.errors import EdgekitError, StoreError, UsageError
from edgekit.spec.protocol import Purpose
from edgekit.store.measurement import Block, ResultHeader
from edgekit.store.result import RESULT_SCHEMA, Result, read_result
from edgekit.store.result_writer import ResultWriter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from edgekit.benchmarking.workloads import Workload
    from edgekit.spec.progress import Progress
    from edgekit.spec.protocol import Protocol
    from edgekit.spec.runtime import RuntimeSpec

_TOP = "`edgekit verify` tells more"


@dataclass(frozen=True, slots=True)
class Order:
    """What to measure, and how.

    ``python`` is another interpreter, for runtimes that this one lacks; ``roofline``: measure the machine's peaks too;
    ``memory_bytes``: how much memory each process may hold (``None``: as much as there is).
    """

    workloads: Sequence[Workload]
    runtimes: Sequence[RuntimeSpec]
    protocol: Protocol
    python: Path | None = None
    roofline: bool = False
    memory_bytes: int | None = None


def bench(order: Order, out: Path, *, numbered: bool, progress: Progress) -> Result:
    """Measure every artifact in every fitting runtime (all that are installed, if none is named) into the new file ``out``.

    Raises:
        EdgekitError: no block succeeded, or nothing can be measured.

    """
    interpreters = [this_interpreter(), *([other_interpreter(order.python)] if order.python else [])]
    planned = plan(order.workloads, order.runtimes, interpreters)
    if all(entry.problem for entry in planned):
        raise EdgekitError(f"nothing can be measured: {planned[0].file} in {planned[0].runtime}: {planned[0].problem}", hint=_TOP)
    for problem in dict.fromkeys(f"{entry.file}: {entry.problem}" for entry in planned if entry.problem):
        progress.say(f"recorded as failed: {problem}")
    header = ResultHeader(
        schema=RESULT_SCHEMA,
        protocol=order.protocol,
        started_at=_now(),
        environment=environment(),
        images={workload.source: workload.images for workload in order.workloads},
        roots={workload.source: workload.root for workload in order.workloads},
        labels={workload.source: workload.labels for workload in order.workloads},
        decisions={workload.source: workload.decision for workload in order.workloads},
        photographs={workload.source: workload.photographs for workload in order.workloads if workload.photographs},
        plan=planned,
        peaks=measure_peaks() if order.roofline else None,
    )
    return _run(ResultWriter.start(out, header, numbered=numbered), header, (), progress, order.memory_bytes)


def resume(path: Path, *, progress: Progress, memory_bytes: int | None = None) -> Result:
    """Go on with a measurement that was interrupted, with the settings that it began with.

    Raises:
        UsageError: it was begun on another machine, in another folder, or with other versions.

    """
    result = read_result(path, unfinished=True)
    now, then = environment().cpu, result.header.environment.cpu
    if now != then:
        raise UsageError(f"the measurement was begun on another machine. Received: {then}, this is {now}", hint="measure anew on this one")
    if not result.header.plan:
        raise StoreError(f"the result does not say what is to be measured. Received: {path}", hint="measure anew")
    _check_plan(result.header)
    return _run(ResultWriter.resume(path), result.header, result.blocks, progress, memory_bytes)


def _check_plan(header: ResultHeader) -> None:
    """See that what is to be measured is still there, and that what measures is the same."""
    installed = {"": this_interpreter()}
    for entry in header.plan:
        if entry.problem:
            continue
        if not Path(entry.source).exists():
            raise UsageError(f"what was measured is not here. Received: {entry.source}", hint="--resume works in the folder where it was begun")
        if entry.python not in installed:
            installed[entry.python] = other_interpreter(Path(entry.python))
        version = installed[entry.python].runtimes.get(entry.runtime)
        if version != entry.version:
            raise UsageError(
                f"the measurement was begun with {entry.runtime} {entry.version}. Received: {version or 'not installed'}",
                hint="install that version again, or measure anew",
            )


def _run(writer: ResultWriter, header: ResultHeader, before: Sequence[Block], progress: Progress, memory_bytes: int | None) -> Result:
    """Measure what is not there yet. Whatever ends this, the blocks that were finished are in the file."""
    with closing(writer):
        jobs = interleaved(jobs_of(header), header.protocol.seed)
        there = {block.key for block in before if not block.error}
        left = [job for job in jobs if job.key not in there]
        known = _Answers(before)
        done = len(jobs) - len(left)

        def finished(block: Block) -> None:
            nonlocal done
            writer.add(known.without(block))
            done += 1
            progress.advance("measuring", done, len(jobs), _told(block))

        try:
            run_schedule(left, finished, memory_bytes=memory_bytes)
        except StoreError as error:
            if not writer.blocks:
                raise StoreError(
                    f"{error.message}; no block was finished, and no result is left", hint=f"{error.hint}; then measure again"
                ) from error
            raise StoreError(
                f"{error.message}; {done} of {len(jobs)} blocks are in {writer.path}", hint=f"{error.hint}; then --resume goes on"
            ) from error
    result = read_result(writer.path)
    timed = [block for block in result.blocks if block.purpose is Purpose.TIMING]
    if all(block.error for block in timed):
        raise EdgekitError(f"no block succeeded: {timed[0].file} in {timed[0].runtime}: {timed[0].error}", hint=_TOP)
    return result


class _Answers:
    """The answers that a result holds already: each image's are written once, unless another process answers differently."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        self._known: dict[tuple[object, ...], tuple[float, ...]] = {}
        for block in blocks:
            self.without(block)

    def without(self, block: Block) -> Block:
        """Return ``block`` without the answers that are known."""
        new = {}
        for index, scores in block.scores.items():
            key = (block.source, block.file, block.runtime, block.python, block.feed, index)
            if self._known.get(key) != scores:
                self._known.setdefault(key, scores)
                new[index] = scores
        return msgspec.structs.replace(block, scores=new)


def _told(block: Block) -> str:
    return f"{block.file} in {block.runtime}{': ' + block.error if block.error else ''}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
