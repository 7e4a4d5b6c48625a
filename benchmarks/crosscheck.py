"""Do other tools measure what edgekit measures? MLPerf LoadGen (SingleStream) and litert-benchmark beside it.

    python benchmarks/crosscheck.py exported/mobilenet

Each round is a fresh process that opens a file once, lets LoadGen and edgekit's loop drive that same session in turns, and then one of
litert-benchmark for TFLite files. What is compared are medians over the rounds; agreement means within 5 %.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

from edgekit.analysis.early_stopping import bound
from edgekit.benchmarking.loop import Plan, measure
from edgekit.benchmarking.worker import declared_size
from edgekit.datasets.decode import decode
from edgekit.datasets.resize import resize_to_uint8
from edgekit.runtimes.base import Session, open_session, preferred_for
from edgekit.spec.format import Format
from edgekit.store.bundle import open_bundle

ROUNDS, TURNS, SECONDS, LEAST = 5, 3, 2.0, 100
AGREEMENT = 0.05
RANK = 90


def main() -> None:
    bundle = Path(sys.argv[1])
    for entry in open_bundle(bundle).manifest.artifacts:
        rounds = [_round(bundle, entry.file) for _ in range(ROUNDS)]
        ours, loadgen, ours_bound, loadgen_bound, litert = (median(values) for values in zip(*rounds, strict=True))
        told = [f"{entry.file}: edgekit {ours / 1e6:.3f} ms", _against("LoadGen", loadgen, ours), _against(f"its p{RANK}", loadgen_bound, ours_bound)]
        print(", ".join([*told, *([_against("litert-benchmark", litert, ours)] if litert else [])]), flush=True)


def _against(name: str, other: float, ours: float) -> str:
    ratio = other / ours
    return f"{name} {ratio:.3f} times ours{'' if abs(ratio - 1) <= AGREEMENT else ' (APART)'}"


def _round(bundle: Path, file: str) -> tuple[float, float, float, float, float]:
    done = subprocess.run([sys.executable, __file__, "--round", bundle, file], capture_output=True, check=True)
    figures = json.loads(done.stdout.splitlines()[-1])
    litert = _litert_benchmark(bundle / file) if file.endswith(Format.TFLITE.suffix) else 0.0
    return (*figures, litert)


def _litert_benchmark(path: Path) -> float:
    """Return its median, in ns. It feeds one random tensor, and times the run alone."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "result.json"
        runs = ["--num_runs", "500", "--warmup_runs", "100", "--num_threads", "1"]
        command = [sys.executable, "-m", "ai_edge_litert.tools.benchmark_litert_model", "--model", path, *runs, "--result_json", out]
        subprocess.run(command, capture_output=True, check=True)
        return json.loads(out.read_text())["latency"]["median_ms"] * 1e6


def one_round(folder: Path, file: str) -> list[float]:
    """Return our median, LoadGen's, our early-stopping estimate and LoadGen's, in ns: medians over the turns."""
    bundle = open_bundle(folder)
    artifact = bundle.artifact(next(entry for entry in bundle.manifest.artifacts if entry.file == file))
    pictures = [decode(bundle.golden_path(image)) for image in bundle.golden.plain]
    images = [resize_to_uint8(pixels, *declared_size(artifact))[None] for pixels in pictures]
    session = open_session(artifact, preferred_for(artifact.contract.format))
    turns = []
    for turn in range(TURNS):
        theirs = _loadgen(session, images)
        plan = Plan(least_images=LEAST, least_s=SECONDS, most_s=60, warmup_images=5, warmup_s=0.2, seed=turn)
        ours = np.sort(np.array(measure(session, images, plan, time.perf_counter_ns).timed_ns, np.float64))
        turns.append((float(np.median(ours)), theirs[0], bound(ours, RANK), theirs[1]))
    return [median(values) for values in zip(*turns, strict=True)]


def _loadgen(session: Session, images: list[np.ndarray]) -> tuple[float, float]:
    """Return LoadGen's median and its early-stopping estimate of p90, in ns."""
    import mlperf_loadgen as lg

    def issue(samples: list[lg.QuerySample]) -> None:
        for sample in samples:
            answer = session.run(images[sample.index])
            lg.QuerySamplesComplete([lg.QuerySampleResponse(sample.id, answer.ctypes.data, answer.nbytes)])

    settings = lg.TestSettings()
    settings.scenario, settings.mode = lg.TestScenario.SingleStream, lg.TestMode.PerformanceOnly
    settings.min_duration_ms, settings.min_query_count = round(SECONDS * 1000), LEAST
    with tempfile.TemporaryDirectory() as folder:
        outputs = lg.LogOutputSettings()
        outputs.outdir, outputs.copy_summary_to_stdout = folder, False
        logs = lg.LogSettings()
        logs.log_output = outputs
        sut = lg.ConstructSUT(issue, lambda: None)
        library = lg.ConstructQSL(len(images), len(images), lambda _: None, lambda _: None)
        lg.StartTestWithLogSettings(sut, library, settings, logs)
        lg.DestroyQSL(library)
        lg.DestroySUT(sut)
        prefix = ":::MLLOG "
        lines = (Path(folder) / "mlperf_log_detail.txt").read_text().splitlines()
        entries = {line["key"]: line["value"] for line in (json.loads(line.removeprefix(prefix)) for line in lines if line.startswith(prefix))}
    return float(entries["result_50.00_percentile_latency_ns"]), float(entries["early_stopping_latency_ss"])


if __name__ == "__main__":
    if sys.argv[1] == "--round":
        print(json.dumps(one_round(Path(sys.argv[2]), sys.argv[3])))
    else:
        main()
