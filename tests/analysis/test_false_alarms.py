"""How often `compare` errs, on a simulated clock that replays the noise of real runs (recorded by scripts/record_noise.py).

The recording is of a machine that others used meanwhile: processes' medians are up to 2.8 times apart. A difference that is not
there must not be told even so.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from edgekit.analysis.comparison import Verdict, compare
from edgekit.bench.loop import Plan, measure
from edgekit.runtimes.base import Session

RECORDED = json.loads(Path(__file__).with_name("noise-busy.json").read_text())
MEASUREMENTS = list(RECORDED["processes"].values())
PAIRS, PROCESSES, SAMPLES = 200, 5, 32
IMAGES = [np.zeros((1, 1, 1, 3), np.uint8)] * SAMPLES
PLAN = Plan(least_images=SAMPLES, least_s=0, most_s=60, warmup_images=1, warmup_s=0, seed=0)


class Replay(Session):
    """Takes as long for each image as a recorded process took, times ``slower``; it moves the clock that times it."""

    title, failures = "a recording", ()

    def __init__(self, recorded, slower):
        self.costs_ns = [round(cost * RECORDED["unit_ns"] * slower) for cost in (recorded[0], *recorded)]
        self.now_ns = 0

    def put(self, image):
        pass

    def invoke(self):
        self.now_ns += self.costs_ns.pop(0)

    def take(self):
        return np.zeros((1, 2), np.float32)

    def timed_ns(self):
        return measure(self, IMAGES, PLAN, lambda: self.now_ns).timed_ns


def pair(rng, slower):
    """Two measurements in rounds, as the schedule interleaves them: each round takes the next two processes that were recorded."""
    recorded = MEASUREMENTS[rng.integers(len(MEASUREMENTS))]
    start = rng.integers(len(recorded) - 2 * PROCESSES + 1)
    sides = ([], [])
    for first in range(start, start + 2 * PROCESSES, 2):
        order = rng.permutation(2)
        for side, which in enumerate(order):
            sides[side].append(Replay(recorded[first + which], slower if side else 1.0).timed_ns())
    return sides


@cache
def verdicts(slower):
    rng = np.random.default_rng(0)
    return [compare(*pair(rng, slower), seed=index, interleaved=True).verdict for index in range(PAIRS)]


def test_equals_are_told_apart_in_seven_per_cent_at_most():
    assert sum(verdict is not Verdict.NO_DIFFERENCE for verdict in verdicts(1.0)) <= 0.07 * PAIRS


def test_a_large_difference_is_found_even_so():
    found = verdicts(2.5)
    assert found.count(Verdict.SLOWER) >= 0.9 * PAIRS
    assert Verdict.FASTER not in found


@pytest.mark.parametrize("measurement", RECORDED["processes"])
def test_the_recording_is_whole(measurement):
    processes = RECORDED["processes"][measurement]
    assert len(processes) >= 2 * PROCESSES
    assert {len(process) for process in processes} == {SAMPLES}
