"""What a child process is asked, and what it answers: JSON over its standard input and output."""

from __future__ import annotations

from pathlib import Path

import msgspec

from edgekit.spec.protocol import Feed, Protocol, Purpose  # noqa: TC001 (msgspec reads the annotations)
from edgekit.store.measurement import Block, Planned


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One block. ``images`` are files to decode before timing; ``asked_at_ns`` is the wall clock's time of the asking."""

    planned: Planned
    path: str
    process: int
    purpose: Purpose
    feed: Feed
    images: tuple[str, ...]
    protocol: Protocol
    asked_at_ns: int = 0

    @property
    def key(self) -> tuple[object, ...]:
        """What tells this job's block from every other."""
        planned = self.planned
        return (planned.source, planned.file, planned.runtime, planned.python, self.purpose, self.feed, self.process)


def block_of(job: Job) -> Block:
    """Return the job's block before anything is measured."""
    planned = job.planned
    return Block(
        source=planned.source,
        file=planned.file,
        sha256=planned.sha256,
        bytes=planned.bytes,
        precision=planned.precision,
        tuning=planned.tuning,
        runtime=planned.runtime,
        version=planned.version,
        python=planned.python,
        threads=job.protocol.threads,
        process=job.process,
        purpose=job.purpose,
        feed=job.feed,
    )


def failed_block(job: Job, error: str) -> Block:
    """Return a block that records a failure."""
    return msgspec.structs.replace(block_of(job), error=error)


def path_of(planned: Planned) -> Path:
    """Return where the file is: in its bundle, or the source itself."""
    source = Path(planned.source)
    return (source / planned.file if source.is_dir() else source).resolve()
