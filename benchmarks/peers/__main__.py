"""Measure the peers and write the table: ``PYTHONPATH=benchmarks python -m peers RESULTS.md RUN...`` (``make peers``)."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

from edgekit.analysis.comparison import compare
from edgekit.analysis.statistics import latency
from edgekit.bench.environment import environment
from edgekit.spec.units import milliseconds, percent
from edgekit.store.atomic import write_whole
from edgekit.store.run import MODEL_FILE, open_run
from edgekit.store.versions import package_versions
from peers.contenders import CONTENDERS
from peers.prepare import prepare

PROCESSES, TEST_IMAGES, SEED, LONGEST_S = 5, 200, 0, 120
PACKAGES = ("edgekit", "ai-edge-litert", "onnxruntime", "openvino", "nncf", "tensorflow-cpu", "keras", "tf2onnx", "numpy", "pillow")
COLUMNS = ("", "precision", "p50", "95 % interval", "p90", "against TFLiteConverter, LiteRT", "top-1")
BASE = "TFLiteConverter, LiteRT"


def main() -> None:
    page, runs = Path(sys.argv[1]), [open_run(Path(path)) for path in sys.argv[2:]]
    sections = []
    for run in runs:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            prepare(run, folder, test_images=TEST_IMAGES)
            shutil.copy(run.folder / MODEL_FILE, folder)
            sections.append(_section(run.record.network.title, *_measured(folder)))
        write_whole(page, "\n".join([*_head(), *sections]).encode())


def _measured(folder: Path) -> tuple[dict[str, list[list[int]]], dict[str, float]]:
    """Return each contender's samples, a list for each process, and its accuracy: in rounds, each in a new order."""
    rng, samples, accuracies = random.Random(SEED), defaultdict(list), {}
    for process in range(PROCESSES):
        for name in rng.sample(sorted(CONTENDERS), len(CONTENDERS)):
            command = [sys.executable, "-m", "peers.child", folder, name, str(process)]
            done = subprocess.run(command, capture_output=True, check=True, timeout=LONGEST_S)
            answer = json.loads(done.stdout.splitlines()[-1])
            samples[name].append(answer["timed_ns"])
            if answer["accuracy"] is not None:
                accuracies[name] = answer["accuracy"]
    return samples, accuracies


def _section(title: str, samples: dict[str, list[list[int]]], accuracies: dict[str, float]) -> str:
    lines = [f"## {title}", "", "| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    for name, contender in CONTENDERS.items():
        figures = latency(samples[name], seed=SEED)
        found = compare(samples[BASE], samples[name], seed=SEED, interleaved=True)
        ratio = "1" if name == BASE else f"{found.ratio:.2f} ({found.interval[0]:.2f}–{found.interval[1]:.2f})"
        low, high = (milliseconds(end).removesuffix(" ms") for end in figures.p50_interval_ns)
        p50, p90 = (milliseconds(figures.percentiles_ns[rank]) if figures.percentiles_ns[rank] else "n/a" for rank in (50, 90))
        lines.append(f"| {name} | {contender.precision} | {p50} | {low}–{high} | {p90} | {ratio} | {percent(accuracies[name])} |")
    return "\n".join([*lines, ""])


def _head() -> list[str]:
    machine = environment()
    versions = ", ".join(f"{name} {version}" for name, version in package_versions(*PACKAGES).items())
    return [
        "# Side by side",
        "",
        "The same trained weights, from the same raw uint8 image in memory to the scores, one image at a time, one thread. The peers are what their",
        "documentation shows: their preprocessing is Pillow and NumPy, all else is their default. edgekit's files preprocess inside the graph.",
        f"{PROCESSES} fresh processes each, interleaved; a ratio below 1 is faster; top-1 on {TEST_IMAGES} test images.",
        "",
        f"- {datetime.now(UTC):%Y-%m-%d}, {machine['cpu']} ({machine['instructions']}), {machine['usable']} of {machine['threads']} threads usable"
        f"{', a virtual machine' if machine['virtual'] else ''}",
        f"- {versions}",
        "",
    ]


if __name__ == "__main__":
    main()
