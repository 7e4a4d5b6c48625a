"""What the harness itself costs, and how fast the command line answers: ratios and differences within one run."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest

import edgekit
from edgekit.benchmarking.loop import Plan, measure
from edgekit.runtimes.fake import FakeSession
from edgekit.spec.format import Format

IMAGES = [np.full((1, 96, 96, 3), value, np.uint8) for value in range(32)]
MOST_OVERHEAD_NS = 20_000
MOST_CLASSIFIER_NS = 50_000


def test_the_loop_and_the_fake_cost_little(benchmark):
    plan = Plan(least_images=2000, least_s=0, most_s=10, warmup_images=5, warmup_s=0, seed=0)
    samples = benchmark(measure, FakeSession(28), IMAGES, plan, time.perf_counter_ns)
    assert np.median(samples.timed_ns) < MOST_OVERHEAD_NS
    assert benchmark.stats.stats.median / 2000 < MOST_OVERHEAD_NS / 1e9


def one_operator(path):
    """An ONNX file that casts an image to float32, and nothing else."""
    from onnx import TensorProto, helper

    shape = [1, 96, 96, 3]
    graph = helper.make_graph(
        [helper.make_node("Cast", ["image"], ["scores"], to=TensorProto.FLOAT)],
        "cast",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, shape)],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, shape)],
    )
    path.write_bytes(helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)]).SerializeToString())


def test_a_session_costs_little_beyond_the_runtimes_own_call(benchmark, tmp_path):
    """The same call by hand and through session and loop, in turns in one process."""
    import onnxruntime as ort

    from edgekit.runtimes.onnxruntime import OnnxRuntimeSession
    from edgekit.store.bundle import Artifact

    one_operator(tmp_path / "cast.onnx")
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    bare = ort.InferenceSession(tmp_path / "cast.onnx", options)
    ours = OnnxRuntimeSession(Artifact(tmp_path / "cast.onnx", None, ""), options)
    plan = Plan(least_images=2000, least_s=0, most_s=10, warmup_images=50, warmup_s=0, seed=0)

    def by_hand():
        times = []
        for image in IMAGES * (2000 // len(IMAGES)):
            begun = time.perf_counter_ns()
            bare.run(["scores"], {"image": image})
            times.append(time.perf_counter_ns() - begun)
        return np.median(times)

    beyond = [np.median(measure(ours, IMAGES, plan, time.perf_counter_ns).timed_ns) - by_hand() for _ in range(9)]
    benchmark.extra_info["beyond_the_call_ns"] = float(np.median(beyond))
    benchmark.pedantic(measure, (ours, IMAGES, plan, time.perf_counter_ns), rounds=3)
    assert np.median(beyond) < MOST_OVERHEAD_NS


@pytest.mark.parametrize("kind", list(Format))
def test_a_classifier_costs_little_beyond_the_runtimes_own_call(benchmark, request, kind):
    """What `predict` takes, less the runtime's own time in the same call: the difference of two calls is mostly the runtime's noise."""
    files = sorted(request.config.getoption("--bundles").glob(f"*/*-int8{kind.suffix}"))
    if not files:
        pytest.skip("needs an exported bundle")
    classifier = edgekit.load(files[0])
    frame = np.random.default_rng(0).integers(0, 256, (96, 96, 3), np.uint8)

    def beyond_the_call():
        begun = time.perf_counter_ns()
        prediction = classifier.predict(frame)
        return time.perf_counter_ns() - begun - prediction.elapsed_ns

    for _ in range(20):
        classifier.predict(frame)
    beyond = [beyond_the_call() for _ in range(1000)]
    benchmark.extra_info["beyond_the_call_ns"] = float(np.median(beyond))
    benchmark.pedantic(classifier.predict, (frame,), rounds=50)
    assert np.median(beyond) < MOST_CLASSIFIER_NS


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
