"""A large result: 30 artifacts in 3 runtimes, of fast models, as the quick budget leaves it. Its size, and how soon it can be read."""

from __future__ import annotations

import numpy as np
import pytest

from edgekit.report.rows import rows
from edgekit.spec.protocol import BUDGETS
from edgekit.store.result import RESULT_SCHEMA, Block, ImageRecord, ResultHeader, ResultWriter, read_result

RUNTIMES, CLASSES, IMAGES = ("litert", "onnxruntime", "openvino"), 28, 32
MOST_BYTES, MOST_S = 20_000_000, 1.0
# A process of the quick budget measures for a second: so many images of a model of 1.5 ms.
SAMPLES = 670


def written(path, artifacts):
    rng = np.random.default_rng(0)
    protocol = BUDGETS["quick"]
    images = tuple(ImageRecord(name=f"golden/{index:02}.png", label=index % CLASSES, keras=index % CLASSES) for index in range(IMAGES))
    header = ResultHeader(schema=RESULT_SCHEMA, protocol=protocol, started_at="now", environment={"cpu": "a cpu"}, images={"exported/a": images})
    writer = ResultWriter.start(path, header, numbered=False)
    for process in range(protocol.processes):
        for artifact in range(artifacts):
            for runtime in RUNTIMES:
                writer.add(
                    Block(
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
                )
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
