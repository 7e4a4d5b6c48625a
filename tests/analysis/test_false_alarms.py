"""How often `compare` and the findings err, on a simulated clock that replays the noise of real runs (recorded by scripts/record_noise.py).

One recording is of a machine that others used meanwhile: processes' medians are up to 2.8 times apart. A difference that is not
there must not be told even so. The other is of a quiet one, where they are 4 and 6 % apart: a small difference must be found there.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from edgekit.analysis.comparison import Verdict, compare
from edgekit.analysis.findings import findings, unstable
from edgekit.benchmarking.loop import Plan, measure
from edgekit.runtimes.base import Session

RECORDED = {name: json.loads(Path(__file__).with_name(f"noise-{name}.json").read_text()) for name in ("busy", "quiet")}
UNIT_NS = 100
PAIRS, PROCESSES, SAMPLES = 200, 5, 32
IMAGES = [np.zeros((1, 1, 1, 3), np.uint8)] * SAMPLES
PLAN = Plan(least_images=SAMPLES, least_s=0, most_s=60, warmup_images=1, warmup_s=0, seed=0)


class Replay(Session):
    """Takes as long for each image as a recorded process took, times ``slower``; it moves the clock that times it."""

    title, failures = "a recording", ()

    def __init__(self, recorded, slower):
        self.costs_ns = [round(cost * UNIT_NS * slower) for cost in (recorded[0], *recorded)]
        self.now_ns = 0

    def put(self, image):
        pass

    def invoke(self):
        self.now_ns += self.costs_ns.pop(0)

    def take(self):
        return np.zeros((1, 2), np.float32)

    def timed_ns(self):
        return measure(self, IMAGES, PLAN, lambda: self.now_ns).timed_ns


def pair(rng, measurements, slower):
    """Two measurements in rounds, as the schedule interleaves them: each round takes the next two processes that were recorded."""
    recorded = measurements[rng.integers(len(measurements))]
    start = rng.integers(len(recorded) - 2 * PROCESSES + 1)
    sides = ([], [])
    for first in range(start, start + 2 * PROCESSES, 2):
        order = rng.permutation(2)
        for side, which in enumerate(order):
            sides[side].append(Replay(recorded[first + which], slower if side else 1.0).timed_ns())
    return sides


@cache
def verdicts(recording, slower):
    rng, measurements = np.random.default_rng(0), list(RECORDED[recording]["processes"].values())
    return [compare(*pair(rng, measurements, slower), seed=index, interleaved=True).verdict for index in range(PAIRS)]


@pytest.mark.parametrize("recording", RECORDED)
def test_equals_are_told_apart_in_seven_per_cent_at_most(recording):
    assert sum(verdict is not Verdict.NO_DIFFERENCE for verdict in verdicts(recording, 1.0)) <= 0.07 * PAIRS


@pytest.mark.parametrize(("recording", "slower"), [("busy", 2.5), ("quiet", 1.03)])
def test_a_difference_is_found(recording, slower):
    found = verdicts(recording, slower)
    assert found.count(Verdict.SLOWER) >= 0.9 * PAIRS
    assert Verdict.FASTER not in found


@pytest.mark.parametrize(("recording", "measurement"), [(name, entry) for name, recorded in RECORDED.items() for entry in recorded["processes"]])
def test_the_recording_is_whole(recording, measurement):
    assert RECORDED[recording]["unit_ns"] == UNIT_NS
    processes = RECORDED[recording]["processes"][measurement]
    assert len(processes) >= 2 * PROCESSES
    assert {len(process) for process in processes} == {SAMPLES}


def rows_of(recording, processes):
    """Every row that consecutive processes of a recording make: whether it is unstable."""
    return [
        bool(unstable(findings(recorded[start : start + processes], [], least_images=1, planned=processes, failed=0)))
        for recorded in RECORDED[recording]["processes"].values()
        for start in range(len(recorded) - processes + 1)
    ]


@pytest.mark.parametrize("processes", [1, 5, 9])
def test_a_quiet_machine_gives_false_alarms_in_less_than_five_per_cent_of_rows(processes):
    told = rows_of("quiet", processes)
    assert sum(told) < 0.05 * len(told)


@pytest.mark.parametrize(("processes", "least"), [(1, 0.4), (5, 0.95), (9, 0.95)])
def test_a_busy_machine_is_told(processes, least):
    """By the samples alone: what other programs took while they were measured was not recorded then."""
    told = rows_of("busy", processes)
    assert sum(told) >= least * len(told)
