"""The child process: one job on standard input, one block on standard output.

Run as ``python -m edgekit.bench.worker``: always a fresh interpreter, never a fork.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import msgspec
import psutil

from edgekit.bench.job import Job
from edgekit.bench.loop import Plan, measure
from edgekit.datasets.decode import decode
from edgekit.datasets.resize import resize_to_uint8
from edgekit.errors import EdgekitError
from edgekit.runtimes.base import open_session, version_of
from edgekit.spec.runtime import runtime_named
from edgekit.store.bundle import Artifact, open_artifact
from edgekit.store.result import Block


def run_job(job: Job) -> Block:
    """Measure one block in this process."""
    artifact, protocol = open_artifact(Path(job.path)), job.protocol
    if artifact.sha256 != job.sha256:
        return failed_block(job, "the file changed while it was measured")
    runtime = runtime_named(job.runtime)
    height, width = declared_size(artifact)
    images = [resize_to_uint8(decode(Path(name)), height, width)[None] for name in job.images]
    begun = time.perf_counter_ns()
    session = open_session(artifact, runtime, threads=protocol.threads)
    load_ns = time.perf_counter_ns() - begun
    plan = Plan(
        least_images=-(-protocol.least_images // protocol.processes),
        least_s=protocol.least_s / protocol.processes,
        most_s=protocol.most_s / protocol.processes,
        warmup_images=protocol.warmup_images,
        warmup_s=protocol.warmup_s,
        seed=protocol.seed * 1000 + job.process,
    )
    switches = psutil.Process().num_ctx_switches().involuntary
    samples = measure(session, images, plan, time.perf_counter_ns)
    switches = psutil.Process().num_ctx_switches().involuntary - switches
    return Block(
        source=job.source,
        file=artifact.path.name,
        sha256=job.sha256,
        bytes=artifact.path.stat().st_size,
        precision=artifact.contract.precision.value,
        runtime=runtime.name,
        version=version_of(runtime),
        threads=protocol.threads,
        process=job.process,
        input_px=(height, width),
        load_ns=load_ns,
        first_ns=samples.first_ns,
        warmup_ns=tuple(samples.warmup_ns),
        timed_ns=tuple(samples.timed_ns),
        visited=tuple(samples.visited),
        scores={index: tuple(round(float(score), 6) for score in scores) for index, scores in sorted(samples.scores.items())},
        involuntary_switches=switches,
    )


def declared_size(artifact: Artifact) -> tuple[int, int]:
    """Return (height, width) that the file declares: fixed, or the network's own."""
    contract = artifact.contract
    _, height, width, _ = contract.input.shape
    own = contract.preprocessing.image_px
    return (own, own) if height < 0 else (height, width)


def failed_block(job: Job, error: str) -> Block:
    """Return a block that records a failure."""
    path = Path(job.path)
    runtime = runtime_named(job.runtime)
    return Block(
        source=job.source,
        file=path.name,
        sha256=job.sha256,
        bytes=path.stat().st_size if path.is_file() else 0,
        precision="",
        runtime=runtime.name,
        version=version_of(runtime),
        threads=job.protocol.threads,
        process=job.process,
        error=error,
    )


def main() -> None:
    """Read a job, measure, write the block. Native libraries that print go to standard error."""
    answer = os.dup(1)
    os.dup2(2, 1)
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    try:
        block = run_job(job)
    except EdgekitError as error:
        block = failed_block(job, error.message)
    except MemoryError:
        block = failed_block(job, "out of memory")
    with os.fdopen(answer, "wb") as out:
        out.write(msgspec.json.encode(block))


if __name__ == "__main__":
    main()
