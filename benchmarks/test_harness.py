"""What the harness itself costs, and how fast the command line answers: ratios and differences within one run."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np

from edgekit.bench.loop import Plan, measure

IMAGES = [np.full((1, 96, 96, 3), value, np.uint8) for value in range(32)]
MOST_OVERHEAD_NS = 20_000


class Nothing:
    """A session that answers at once."""

    answer = np.zeros((1, 28), np.float32)

    def run(self, image: np.ndarray) -> np.ndarray:
        del image
        return self.answer


def test_the_loop_costs_little_beyond_the_sessions_own_call(benchmark):
    plan = Plan(least_images=2000, least_s=0, most_s=10, warmup_images=5, warmup_s=0, seed=0)
    samples = benchmark(measure, Nothing(), IMAGES, plan, time.perf_counter_ns)
    assert np.median(samples.timed_ns) < MOST_OVERHEAD_NS
    assert benchmark.stats.stats.median / 2000 < MOST_OVERHEAD_NS / 1e9


def test_help_against_importing_what_it_is_made_of(benchmark):
    def seconds(*arguments: str) -> float:
        begun = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        return time.perf_counter() - begun

    def ratio() -> float:
        return seconds("-m", "edgekit", "--help") / seconds("-c", "import typer, rich")

    ratios = [ratio() for _ in range(9)]
    benchmark.extra_info["ratio"] = sorted(ratios)[4]
    benchmark(seconds, "-m", "edgekit", "--help")
    assert sorted(ratios)[4] < 4
