"""A large result: 30 artifacts in 3 runtimes, of fast models, as the quick budget leaves it. Its size, and how soon it can be read."""

from __future__ import annotations

import time
from itertools import product

import msgspec
import numpy as np
import pytest

from edgekit.benchmarking import schedule
from edgekit.benchmarking.job import Job
from edgekit.report.rows import rows
from edgekit.spec.protocol import BACK_TO_BACK, BUDGETS, Purpose
from edgekit.store.measurement import Block, ImageRecord, Planned, ResultHeader
from edgekit.store.result import RESULT_SCHEMA, read_result
from edgekit.store.result_writer import ResultWriter

RUNTIMES, CLASSES, IMAGES = ("litert", "onnxruntime", "openvino"), 28, 32
MOST_BYTES, MOST_S = 20_000_000, 1.0
# A process of the quick budget measures for a second: so many images of a model of 1.5 ms.
SAMPLES = 670
PROTOCOL = BUDGETS["quick"]


def block(artifact, runtime, process, rng):
    return Block(
        source="exported/a",
        file=f"model-{artifact:02}.tflite",
        sha256="0" * 64,
        bytes=5_000_000,
        precision="int8",
        runtime=runtime,
        version="1.0.0",
        threads=1,
        process=process,
        timed_ns=tuple(rng.normal(1_500_000, 30_000, SAMPLES).astype(int).tolist()),
        warmup_ns=tuple(rng.normal(1_500_000, 30_000, SAMPLES // 2).astype(int).tolist()),
        invoke_ns=tuple(rng.normal(1_500_000, 30_000, IMAGES).astype(int).tolist()),
        visited=tuple(rng.integers(0, IMAGES, SAMPLES).tolist()),
        scores={index: tuple(rng.normal(0, 5, CLASSES).round(6).tolist()) for index in range(IMAGES)} if process == 0 else {},
    )


def begun(path):
    images = tuple(ImageRecord(name=f"golden/{index:02}.png", label=index % CLASSES, keras=index % CLASSES) for index in range(IMAGES))
    header = ResultHeader(schema=RESULT_SCHEMA, protocol=PROTOCOL, started_at="now", environment={"cpu": "a cpu"}, images={"exported/a": images})
    return ResultWriter.start(path, header, numbered=False)


def written(path, artifacts):
    rng = np.random.default_rng(0)
    writer = begun(path)
    for process, artifact, runtime in product(range(PROTOCOL.processes), range(artifacts), RUNTIMES):
        writer.add(block(artifact, runtime, process, rng))
    writer.close()
    return path


@pytest.mark.parametrize("artifacts", [10, 30])
def test_a_large_result_is_read_within_a_second(benchmark, tmp_path, artifacts):
    path = written(tmp_path / "a.jsonl", artifacts)
    found = benchmark(lambda: rows([read_result(path)]))
    benchmark.extra_info["bytes"] = path.stat().st_size
    assert len(found) == artifacts * len(RUNTIMES)
    assert path.stat().st_size < MOST_BYTES * artifacts / 30
    assert benchmark.stats.stats.median < MOST_S


def test_the_schedule_costs_as_much_for_the_last_block_as_for_the_first(benchmark, tmp_path, monkeypatch):
    """What the parent does around each child: here one that answers the same block at once. Thirty artifacts in three runtimes."""
    answer = tmp_path / "block.json"
    answer.write_bytes(msgspec.json.encode(block(0, RUNTIMES[0], 1, np.random.default_rng(0))))
    monkeypatch.setattr(schedule, "WORKER", ("-S", "-c", f"import sys; sys.stdin.read(); sys.stdout.write(open({str(answer)!r}).read())"))
    planned = [
        Planned(source="exported/a", file=f"{name}.tflite", sha256="", bytes=1, precision="int8", tuning="none", runtime=runtime, version="1")
        for name, runtime in product(range(30), RUNTIMES)
    ]
    jobs = [Job(planned=entry, path="", process=0, purpose=Purpose.TIMING, feed=BACK_TO_BACK, images=(), protocol=PROTOCOL) for entry in planned]

    def costs():
        writer, ends = begun(tmp_path / f"{time.monotonic_ns()}.jsonl"), [time.perf_counter()]

        def finished(made):
            writer.add(made)
            ends.append(time.perf_counter())

        schedule.run_schedule(schedule.interleaved(jobs, seed=0), finished)
        writer.close()
        return np.diff(ends)

    rounds = np.array([costs() for _ in range(3)])
    first, last = np.median(rounds[:, :30]), np.median(rounds[:, -30:])
    benchmark.extra_info.update(first_s=float(first), last_s=float(last))
    benchmark.pedantic(costs, rounds=1)
    assert last < 1.5 * first
