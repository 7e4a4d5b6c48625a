"""The parent: blocks in a shuffled order, one child at a time, each in a fresh process; the parent blocks meanwhile."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from edgekit.benchmarking.job import failed_block
from edgekit.host.child import ask
from edgekit.spec.protocol import Purpose
from edgekit.store.measurement import Block
from edgekit.store.record import encodable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edgekit.benchmarking.job import Job
    from edgekit.host.child import Ended

START_S = 120
WORKER = ("-m", "edgekit.benchmarking.worker")
_VMSTAT = Path("/proc/vmstat")


def interleaved(jobs: Sequence[Job], seed: int) -> list[Job]:
    """Return the jobs in rounds of one process of each, every round shuffled: drift hits all alike. What is not timed comes last."""
    rng = random.Random(seed)
    rounds: dict[tuple[bool, int], list[Job]] = {}
    for job in jobs:
        rounds.setdefault((job.purpose is not Purpose.TIMING, job.process), []).append(job)
    for members in rounds.values():
        rng.shuffle(members)
    return [job for key in sorted(rounds) for job in rounds[key]]


def run_schedule(jobs: Sequence[Job], finished: Callable[[Block], None], *, memory_bytes: int | None = None) -> None:
    """Run the jobs one after the other, each held to so much memory; ``finished`` gets each block, a failed one too."""
    for job in jobs:
        finished(failed_block(job, job.planned.problem) if job.planned.problem else _in_child(job, memory_bytes))


def _in_child(job: Job, memory_bytes: int | None) -> Block:
    kills = _memory_kills()
    with encodable():
        asked = msgspec.json.encode(msgspec.structs.replace(job, asked_at_ns=time.time_ns()))
    python = job.planned.python or sys.executable
    limit_s = _limit_s(job)
    try:
        ended = ask([python, *WORKER], asked, limit_s=limit_s, memory_bytes=memory_bytes)
    except OSError as error:
        return failed_block(job, f"the interpreter cannot be started: {error}")
    except subprocess.TimeoutExpired:
        return failed_block(job, f"no answer within {limit_s:.0f} s: stopped")
    if ended.status == 0:
        try:
            return msgspec.json.decode(ended.out, type=Block)
        except msgspec.MsgspecError:
            return failed_block(job, "the process answered something that is no block")
    return failed_block(job, _death(ended, out_of_memory=_memory_kills() > kills))


def _limit_s(job: Job) -> float:
    """Return how long a child may take: to start and decode, to warm up and measure, and about as long again for what it measures beside."""
    protocol = job.protocol
    pause_s = 2 / job.feed.rate_hz if job.feed.rate_hz else 0.0
    return START_S + 3 * (protocol.most_s / protocol.processes + protocol.warmup_s) + pause_s


def _death(ended: Ended, *, out_of_memory: bool) -> str:
    return f"{ended.told}{': the machine was out of memory' if out_of_memory else ''}"


def _memory_kills() -> int:
    """Return how many processes Linux has ended for want of memory since it started; 0 where that is not told."""
    try:
        lines = _VMSTAT.read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)
