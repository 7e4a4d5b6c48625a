"""A bench as a whole, whose jobs are done in the tests' own process."""

import json
import time
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from benchmarking.jobs import FLOAT32, INT8, QUICK
from edgekit.benchmarking import bench as module
from edgekit.benchmarking.bench import Order, bench, resume
from edgekit.benchmarking.job import failed_block
from edgekit.benchmarking.worker import answer
from edgekit.benchmarking.workloads import find_workloads
from edgekit.errors import EdgekitError, StoreError, UsageError
from edgekit.runtimes.base import version_of
from edgekit.spec.protocol import Purpose
from edgekit.spec.runtime import RUNTIMES
from edgekit.store.result import read_result


class Heard:
    """What was said of progress."""

    def __init__(self):
        self.said, self.advanced = [], []

    def say(self, text):
        self.said.append(text)

    def advance(self, *told):
        self.advanced.append(told)


@pytest.fixture
def order(exported):
    """Two files in the fake runtime, two processes each."""
    (workload,) = find_workloads([exported.folder], None)
    chosen = tuple(candidate for candidate in workload.files if candidate.file in (FLOAT32, INT8))
    protocol = msgspec.structs.replace(QUICK, processes=2)
    return Order([replace(workload, files=chosen)], [RUNTIMES["fake"]], protocol)


@pytest.fixture
def here(monkeypatch):
    """Jobs are done here; a test may have those after a number fail, or an error come instead."""
    seen = []

    def run(jobs, finished, *, memory_bytes):
        for job in jobs:
            seen.append((job, memory_bytes))
            finished(seen.harm(job, len(seen)) or answer(msgspec.structs.replace(job, asked_at_ns=time.time_ns())))

    class Seen(list):
        harm = staticmethod(lambda job, number: None)

    seen = Seen()
    monkeypatch.setattr(module, "run_schedule", run)
    return seen


def test_the_machines_peaks_are_measured_where_that_is_asked_alone(order, here, tmp_path, monkeypatch):
    assert (order.roofline, order.python, order.memory_bytes) == (False, None, None)
    monkeypatch.setattr(module, "measure_peaks", lambda: pytest.fail("not asked"))
    assert bench(order, tmp_path / "r.jsonl", numbered=False, progress=Heard()).header.peaks is None


def test_every_job_is_done_and_written(order, here, tmp_path):
    heard = Heard()
    result = bench(replace(order, memory_bytes=5 * 10**9), tmp_path / "r.jsonl", numbered=False, progress=heard)
    # Two processes of each file, one more for its memory; the fake tells no operators.
    assert len(result.blocks) == len(here) == 6
    assert [memory for _, memory in here] == [5 * 10**9] * 6
    assert [(told[0], told[1], told[2]) for told in heard.advanced] == [("measuring", done, 6) for done in range(1, 7)]
    assert {told[3] for told in heard.advanced} == {f"{FLOAT32} in fake", f"{INT8} in fake"}
    assert [block.purpose for block in result.blocks] == [Purpose.TIMING] * 4 + [Purpose.MEMORY] * 2
    header, (source,) = result.header, result.header.roots
    assert (header.protocol, header.roots[source]) == (order.protocol, source)
    assert header.labels[source] == order.workloads[0].labels
    assert header.images[source] == order.workloads[0].images
    assert header.decisions[source] == order.workloads[0].decision
    assert header.photographs == {}
    assert {planned.version for planned in header.plan} == {version_of(RUNTIMES["fake"])}
    assert header.environment.threads >= 1
    assert read_result(tmp_path / "r.jsonl") == result


def test_answers_are_written_once_unless_another_process_answers_otherwise(order, here, tmp_path):
    result = bench(order, tmp_path / "r.jsonl", numbered=False, progress=Heard())
    for name in (FLOAT32, INT8):
        first, second = (block.scores for block in result.blocks if block.file == name and block.purpose is Purpose.TIMING)
        assert first
        assert not first.keys() & second.keys()
    answers = module._Answers(())
    block = next(block for block in result.blocks if len(block.scores) > 1)
    assert answers.without(block).scores == block.scores
    assert answers.without(block).scores == {}
    index = min(block.scores)
    other = msgspec.structs.replace(block, scores={**block.scores, index: tuple(score + 1 for score in block.scores[index])})
    assert answers.without(other).scores.keys() == {index}
    # What is known stays the first answer.
    assert answers.without(block).scores == {}
    assert answers.without(msgspec.structs.replace(block, runtime="another")).scores == block.scores


def test_what_failed_is_told_and_measured_again(order, here, tmp_path):
    here.harm = lambda job, number: failed_block(job, "it died") if number in (2, 5) else None
    heard = Heard()
    result = bench(order, tmp_path / "r.jsonl", numbered=False, progress=heard)
    assert [bool(block.error) for block in result.blocks] == [False, True, False, False, True, False]
    assert heard.advanced[1][3].endswith(" in fake: it died")
    again = {job.key for job, _ in (here[1], here[4])}
    here.harm = lambda job, number: None
    whole = resume(tmp_path / "r.jsonl", progress=Heard(), memory_bytes=7)
    assert {job.key for job, _ in here[6:]} == again
    assert [memory for _, memory in here[6:]] == [7, 7]
    assert len(whole.blocks) == 6
    assert not any(block.error for block in whole.blocks)
    # An answer that the first part has is not written again.
    for name in (FLOAT32, INT8):
        first, second = (block.scores for block in whole.blocks if block.file == name and block.purpose is Purpose.TIMING)
        assert not first.keys() & second.keys()


def test_where_no_block_succeeds_that_is_an_error(order, here, tmp_path):
    here.harm = lambda job, number: failed_block(job, "it died")
    with pytest.raises(EdgekitError, match=r"no block succeeded: mobilenet-.*\.tflite in fake: it died"):
        bench(order, tmp_path / "r.jsonl", numbered=False, progress=Heard())


def test_what_cannot_be_measured_is_said_first(order, here, tmp_path):
    (workload,) = order.workloads
    broken = replace(workload, files=(replace(workload.files[0], problem="it is damaged"), workload.files[1]))
    heard = Heard()
    result = bench(replace(order, workloads=[broken]), tmp_path / "r.jsonl", numbered=False, progress=heard)
    assert heard.said == [f"recorded as failed: {workload.files[0].file}: it is damaged"]
    assert len(here) == 5  # its memory is not asked
    assert len(result.blocks) == 5
    both = replace(workload, files=tuple(replace(candidate, problem="it is damaged") for candidate in workload.files))
    with pytest.raises(EdgekitError, match=r"nothing can be measured: mobilenet-.* in fake: it is damaged"):
        bench(replace(order, workloads=[both]), tmp_path / "s.jsonl", numbered=False, progress=Heard())
    assert not (tmp_path / "s.jsonl").exists()


@pytest.mark.parametrize(("finished", "words"), [(0, "no block was finished, and no result is left"), (2, "2 of 6 blocks are in")])
def test_a_full_disk_says_what_is_there(order, here, tmp_path, finished, words):
    def harm(job, number):
        if number > finished:
            raise StoreError("the disk is full", hint="free some space")

    here.harm = harm
    with pytest.raises(StoreError, match=f"the disk is full; {words}") as caught:
        bench(order, tmp_path / "r.jsonl", numbered=False, progress=Heard())
    assert caught.value.hint == f"free some space; then {'--resume goes on' if finished else 'measure again'}"
    assert (tmp_path / "r.jsonl").exists() is bool(finished)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda header: header["environment"].update(cpu="Another CPU"), "begun on another machine. Received: Another CPU"),
        (lambda header: header.update(plan=[]), "does not say what is to be measured"),
        (lambda header: [planned.update(version="0.0") for planned in header["plan"]], r"begun with fake 0\.0\. Received: "),
        (lambda header: [planned.update(runtime="litert", version="x", python="") for planned in header["plan"]], "begun with litert x. Received: "),
        (
            lambda header: [planned.update(source="/nowhere/else") for planned in header["plan"]],
            "what was measured is not here. Received: /nowhere/else",
        ),
    ],
)
def test_with_another_machine_folder_or_version_it_does_not_go_on(order, here, tmp_path, change, words):
    path = tmp_path / "r.jsonl"
    bench(order, path, numbered=False, progress=Heard())
    header, *blocks = path.read_text().splitlines()
    fields = json.loads(header)
    change(fields)
    path.write_text("\n".join([json.dumps(fields), *blocks[:2], ""]))
    done = len(here)
    with pytest.raises((UsageError, StoreError), match=words) as caught:
        resume(path, progress=Heard())
    assert caught.value.hint
    assert len(here) == done
    assert Path(path).read_text().count("\n") == 3
