"""The parent: blocks in a shuffled order, one child at a time, each in a fresh process; the parent blocks meanwhile."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec

from edgekit.bench.worker import failed_block
from edgekit.store.result import Block

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edgekit.bench.job import Job

START_S = 120
WORKER = ("-m", "edgekit.bench.worker")


def interleaved(jobs: Sequence[Job], seed: int) -> list[Job]:
    """Return the jobs in rounds of one process of each, every round shuffled: drift hits all alike."""
    rng = random.Random(seed)
    rounds: dict[int, list[Job]] = {}
    for job in jobs:
        rounds.setdefault(job.process, []).append(job)
    for members in rounds.values():
        rng.shuffle(members)
    return [job for process in sorted(rounds) for job in rounds[process]]


def run_schedule(jobs: Sequence[Job], finished: Callable[[Block], None]) -> None:
    """Run the jobs one after the other; ``finished`` gets each block, a failed one too."""
    for job in jobs:
        finished(_in_child(job))


def _in_child(job: Job) -> Block:
    limit_s = job.protocol.most_s / job.protocol.processes + job.protocol.warmup_s + START_S
    with subprocess.Popen([sys.executable, *WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        try:
            answer, noise = child.communicate(msgspec.json.encode(job), timeout=limit_s)
        except subprocess.TimeoutExpired:
            child.kill()
            return failed_block(job, f"no answer within {limit_s:.0f} s: stopped")
        except BaseException:
            child.kill()
            raise
    if child.returncode == 0:
        try:
            return msgspec.json.decode(answer, type=Block)
        except msgspec.MsgspecError:
            return failed_block(job, "the process answered something that is no block")
    last = noise.decode("utf-8", "replace").strip().splitlines()[-1:]
    how = f"killed by signal {-child.returncode}" if child.returncode < 0 else f"ended with status {child.returncode}"
    return failed_block(job, " ".join([f"the process was {how}" if child.returncode < 0 else f"the process {how}", *last])[:500])
