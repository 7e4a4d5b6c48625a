"""The child process: one job on standard input, one block on standard output.

Run as ``python -m edgekit.benchmarking.worker``: always a fresh interpreter, never a fork.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from edgekit.benchmarking.job import Job, block_of, failed_block
from edgekit.benchmarking.load import OtherPrograms, involuntary_switches
from edgekit.benchmarking.loop import Plan, answer_rest, measure, measure_invoke
from edgekit.benchmarking.memory import forget_peak, peak_rss_bytes, rss_bytes
from edgekit.datasets.decode import decode
from edgekit.datasets.resize import resize_to_uint8
from edgekit.errors import EdgekitError, SessionError, StoreError
from edgekit.host.child import end_with_parent
from edgekit.runtimes.base import load_adapter, open_session, profile, version_of
from edgekit.spec.protocol import BACK_TO_BACK, Purpose, Sizes
from edgekit.spec.runtime import runtime_named
from edgekit.store.bundle import Artifact, open_artifact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edgekit.store.measurement import Block

    Images = Sequence[NDArray[np.uint8]]

_SIDE_IMAGES = 16
_MOST_HELD_BYTES = 1 << 30
_SCORE_DIGITS = 6


def run_job(job: Job) -> Block:
    """Measure one block in this process."""
    runtime = runtime_named(job.planned.runtime)
    artifact = open_artifact(Path(job.path))
    if artifact.sha256 != job.planned.sha256:
        raise StoreError("the file changed while it was measured")
    load_adapter(runtime)
    if version_of(runtime) != job.planned.version:
        raise SessionError(f"{runtime.package} {version_of(runtime)} serves, not {job.planned.version} as planned")
    block = msgspec.structs.replace(
        block_of(job),
        start_ns=max(0, time.time_ns() - job.asked_at_ns),
        started_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        input_px=declared_size(artifact),
    )
    return {Purpose.TIMING: _timed, Purpose.MEMORY: _weighed, Purpose.OPERATORS: _profiled}[job.purpose](block, artifact, job)


def _timed(block: Block, artifact: Artifact, job: Job) -> Block:
    protocol, images = job.protocol, _images(artifact, job, job.images)
    begun = time.perf_counter_ns()
    session = open_session(artifact, runtime_named(block.runtime), threads=protocol.threads)
    load_ns = time.perf_counter_ns() - begun
    switches, others = involuntary_switches(), OtherPrograms()
    samples = measure(session, images, _plan(job), time.perf_counter_ns)
    other_cores = others.cores()
    switched = involuntary_switches() - switches
    # Each process sees to its share of the images, so that all together have answered every one, however few fitted into the time.
    share = range(job.process, len(images), protocol.processes)
    answer_rest(session, images, samples, share, protocol.most_s / protocol.processes, time.perf_counter_ns)
    if not all(np.isfinite(scores).all() for scores in samples.scores.values()):
        return failed_block(job, "it answers with numbers that are not finite")
    return msgspec.structs.replace(
        block,
        load_ns=load_ns,
        first_ns=samples.first_ns,
        warmup_ns=tuple(samples.warmup_ns),
        timed_ns=tuple(samples.timed_ns),
        visited=tuple(samples.visited),
        invoke_ns=tuple(measure_invoke(session, images[: min(2 * _SIDE_IMAGES, len(samples.timed_ns))], time.perf_counter_ns))
        if job.feed == BACK_TO_BACK
        else (),
        reallocations=sum(images[before].shape != images[after].shape for before, after in pairwise(samples.visited)),
        late=samples.late,
        scores={index: tuple(round(float(score), _SCORE_DIGITS) for score in scores) for index, scores in sorted(samples.scores.items())},
        involuntary_switches=switched,
        other_cores=other_cores,
    )


def _weighed(block: Block, artifact: Artifact, job: Job) -> Block:
    images = _images(artifact, job, job.images[:_SIDE_IMAGES])
    before = rss_bytes()
    forget_peak()
    session = open_session(artifact, runtime_named(block.runtime), threads=job.protocol.threads)
    for image in images:
        session.run(image)
    return msgspec.structs.replace(block, rss_bytes=before, peak_rss_bytes=peak_rss_bytes())


def _profiled(block: Block, artifact: Artifact, job: Job) -> Block:
    images = _images(artifact, job, job.images[:_SIDE_IMAGES])
    return msgspec.structs.replace(block, operators=profile(artifact, runtime_named(block.runtime), images, threads=job.protocol.threads))


def _plan(job: Job) -> Plan:
    protocol = job.protocol
    return Plan(
        least_images=-(-protocol.least_images // protocol.processes),
        least_s=protocol.least_s / protocol.processes,
        most_s=protocol.most_s / protocol.processes,
        warmup_images=protocol.warmup_images,
        warmup_s=protocol.warmup_s,
        seed=protocol.seed * 1000 + job.process,
        rate_hz=job.feed.rate_hz,
    )


def _images(artifact: Artifact, job: Job, names: Sequence[str]) -> Images:
    """Decode the images, and bring them to the declared size unless their own sizes are wanted: then as many as memory may hold."""
    pictures: list[NDArray[np.uint8]] = []
    held = 0
    for name in names:
        pixels = decode(Path(name))
        if job.feed.sizes is Sizes.DECLARED:
            pixels = resize_to_uint8(pixels, *declared_size(artifact))
        held += pixels.nbytes
        if pictures and held > _MOST_HELD_BYTES:
            break
        pictures.append(pixels[None])
    return pictures


def declared_size(artifact: Artifact) -> tuple[int, int]:
    """Return (height, width) that the file declares: fixed, or the network's own."""
    contract = artifact.contract
    _, height, width, _ = contract.input.shape
    own = contract.preprocessing.image_px
    return (own, own) if height < 0 else (height, width)


def answer(job: Job) -> Block:
    """Measure, or say why that failed."""
    try:
        return run_job(job)
    except EdgekitError as error:
        return failed_block(job, error.message)
    except MemoryError:
        return failed_block(job, "out of memory")


def main() -> None:
    """Read a job, measure, write the block. Native libraries that print go to standard error."""
    end_with_parent()
    out = os.dup(1)
    os.dup2(2, 1)
    block = answer(msgspec.json.decode(sys.stdin.buffer.read(), type=Job))
    with os.fdopen(out, "wb") as file:
        file.write(msgspec.json.encode(block))


if __name__ == "__main__":
    main()
