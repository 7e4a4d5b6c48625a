"""The rounds of a comparison, and its page."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from edgekit.analysis.comparison import compare
from edgekit.analysis.statistics import latency
from edgekit.benchmarking.environment import environment
from edgekit.host.versions import package_versions
from edgekit.text.units import milliseconds, percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from sidebyside.contender import Contender

PROCESSES, SEED, LONGEST_S = 5, 0, 120
PACKAGES = ("edgekit", "ai-edge-litert", "onnxruntime", "openvino", "nncf", "tensorflow-cpu", "keras", "tf2onnx", "numpy", "pillow")
COLUMNS = ("", "precision", "p50", "95 % interval", "p90", "time as a share of", "95 % interval", "top-1")


@dataclass(frozen=True, slots=True)
class Measured:
    """Each contender's samples in nanoseconds, a list for each process, and its accuracy."""

    samples: Mapping[str, list[list[int]]]
    accuracies: Mapping[str, float]


def measured(module: str, names: Iterable[str], folder: Path, processes: int = PROCESSES) -> Measured:
    """Measure the contenders of ``module`` in ``folder``: in rounds of one process of each, each round in a new order."""
    rng, samples, accuracies, order = random.Random(SEED), defaultdict(list), {}, sorted(names)
    for process in range(processes):
        for name in rng.sample(order, len(order)):
            command = [sys.executable, "-m", "sidebyside.child", module, folder, name, str(process)]
            done = subprocess.run(command, capture_output=True, check=False, timeout=LONGEST_S)
            if done.returncode:
                raise SystemExit(f"{name} could not be measured:\n{done.stderr.decode(errors='replace')[-2000:]}")
            answer = json.loads(done.stdout.splitlines()[-1])
            samples[name].append(answer["timed_ns"])
            if answer["accuracy"] is not None:
                accuracies[name] = answer["accuracy"]
    return Measured(samples, accuracies)


def table(contenders: Mapping[str, Contender], found: Measured) -> list[str]:
    """Return a Markdown table: a row each, with the ratio of medians to what the contender is held against."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    for name, contender in contenders.items():
        figures = latency(found.samples[name], seed=SEED)
        low, high = (milliseconds(end).removesuffix(" ms") for end in figures.p50_interval_ns)
        p50, p90 = (milliseconds(figures.percentiles_ns[rank]) if figures.percentiles_ns[rank] else "n/a" for rank in (50, 90))
        ratio, interval = _ratio(found, name, contender.against)
        lines.append(f"| {name} | {contender.precision} | {p50} | {low}–{high} | {p90} | {ratio} | {interval} | {percent(found.accuracies[name])} |")
    return lines


def _ratio(found: Measured, name: str, against: str) -> tuple[str, str]:
    if name == against:
        return "", ""
    compared = compare(found.samples[against], found.samples[name], seed=SEED, interleaved=True)
    return f"{against}: {compared.ratio:.2f}", f"{compared.interval[0]:.2f}–{compared.interval[1]:.2f}"


def machine() -> list[str]:
    """Return the lines that say where and with what it was measured."""
    here = environment()
    versions = ", ".join(f"{name} {version}" for name, version in package_versions(*PACKAGES).items())
    return [
        f"- {datetime.now(UTC):%Y-%m-%d}, {here['cpu']} ({here['instructions']}), {here['usable']} of {here['threads']} threads usable"
        f"{', a virtual machine' if here['virtual'] else ''}",
        f"- {versions}",
        "",
    ]
