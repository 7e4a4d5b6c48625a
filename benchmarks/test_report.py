"""The report's page: how long it takes to write, and until it can be used, with one result and with 500 artifacts on 20 machines."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edgekit.benchmarking.loop import Plan, measure
from edgekit.report.html import html
from edgekit.report.rows import rows
from edgekit.runtimes.fake import FakeSession
from edgekit.spec.accuracy import Accuracy
from edgekit.spec.protocol import BUDGETS
from edgekit.store.measurement import Block, ImageRecord, Planned, ResultHeader
from edgekit.store.result import RESULT_SCHEMA, read_result
from edgekit.store.result_writer import ResultWriter

if TYPE_CHECKING:
    from pathlib import Path

CHROMIUM = "/usr/bin/chromium"
CLASSES, IMAGES, SAMPLES = 28, 32, 64
PLAN = Plan(least_images=SAMPLES, least_s=0, most_s=10, warmup_images=5, warmup_s=0, seed=0)
# Of what it takes to read the same files as JSON, and of what the browser takes for Plotly and an empty plot.
MOST_TO_WRITE, MOST_TO_OPEN = 5, 6


def written(path: Path, machine: int, artifacts: int) -> Path:
    """What `edgekit bench --budget smoke --runtime fake` leaves of so many artifacts."""
    images = [np.full((1, 32, 32, 3), value, np.uint8) for value in range(IMAGES)]
    records = tuple(ImageRecord(name=f"golden/{index:02}.png", label=index % CLASSES, keras=index % CLASSES) for index in range(IMAGES))
    names = [f"model-{index:03}.{'tflite' if index % 2 else 'onnx'}" for index in range(artifacts)]
    planned = tuple(
        Planned(
            source="exported/a", network="mobilenet", file=name, sha256=f"{index:064}", bytes=5_000_000 + index, precision="int8", tuning="none",
            runtime="fake", version="1", tested=Accuracy(runtime="fake", images=924, right=800 + index % 100, lost=5, won=2),
        )
        for index, name in enumerate(names)
    )  # fmt: skip
    header = ResultHeader(
        schema=RESULT_SCHEMA,
        protocol=BUDGETS["smoke"],
        started_at="now",
        environment={"cpu": f"cpu {machine}"},
        images={"exported/a": records},
        plan=planned,
    )
    writer = ResultWriter.start(path, header, numbered=False)
    for entry in planned:
        samples = measure(FakeSession(CLASSES), images, PLAN, time.perf_counter_ns)
        writer.add(
            Block(
                source=entry.source, file=entry.file, sha256=entry.sha256, bytes=entry.bytes, precision=entry.precision, runtime="fake", version="1",
                threads=1, process=0, timed_ns=tuple(samples.timed_ns), visited=tuple(samples.visited), invoke_ns=tuple(samples.timed_ns[:IMAGES]),
                scores={index: tuple(np.roll(np.linspace(0, 5, CLASSES), index).tolist()) for index in range(IMAGES)},
            )
        )  # fmt: skip
    writer.close()
    return path


@pytest.fixture(scope="module", params=[(1, 1), (500, 20)], ids=["one", "many"])
def results(request, tmp_path_factory):
    artifacts, machines = request.param
    folder = tmp_path_factory.mktemp("results")
    return [written(folder / f"{machine}.jsonl", machine, artifacts) for machine in range(machines)]


def test_writing_against_reading_the_same_files_as_json(benchmark, results):
    def page():
        opened = [read_result(path) for path in results]
        return html(opened, rows(opened))

    def bare():
        begun = time.perf_counter()
        for path in results:
            for line in path.read_bytes().splitlines():
                json.loads(line)
        return time.perf_counter() - begun

    page()
    alone = sorted(bare() for _ in range(3))[1]
    benchmark.pedantic(page, rounds=3)
    benchmark.extra_info["reading_s"] = alone
    assert benchmark.stats.stats.median < MOST_TO_WRITE * alone + 0.5


def test_opening_against_a_page_that_only_has_the_plotting_library(benchmark, results, tmp_path):
    from playwright.sync_api import sync_playwright
    from plotly.offline import get_plotlyjs

    opened = [read_result(path) for path in results]
    full, empty = tmp_path / "full.html", tmp_path / "empty.html"
    full.write_text(html(opened, rows(opened)), encoding="utf-8")
    empty.write_text(
        f"<!doctype html><meta charset=utf-8><div id=a></div><script>{get_plotlyjs()}</script>"
        "<script>Plotly.newPlot('a', [{y: [1, 2]}]); document.body.dataset.ready = 'yes'</script>",
        encoding="utf-8",
    )
    benchmark.extra_info["bytes"] = full.stat().st_size
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"])

        def seconds(path: Path) -> float:
            page, begun = browser.new_page(), time.perf_counter()
            page.goto(path.as_uri())
            page.wait_for_selector("body[data-ready]")
            took = time.perf_counter() - begun
            page.close()
            return took

        alone = sorted(seconds(empty) for _ in range(3))[1]
        benchmark.pedantic(seconds, (full,), rounds=3)
        browser.close()
    benchmark.extra_info["plotly_s"] = alone
    assert benchmark.stats.stats.median < MOST_TO_OPEN * alone
