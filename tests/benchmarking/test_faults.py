"""Whatever happens to one block, or to the whole, the samples of all other blocks are in the file afterwards."""

import json
import resource
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from benchmarking.jobs import FLOAT32, INT8, QUICK
from edgekit.benchmarking import schedule
from edgekit.benchmarking.bench import Order, bench, resume
from edgekit.benchmarking.workloads import find_workloads
from edgekit.errors import EdgekitError, StoreError, UsageError
from edgekit.spec.progress import Silent
from edgekit.spec.protocol import Purpose
from edgekit.spec.runtime import runtime_named
from edgekit.store.result import read_result

FAULTY = str(Path(__file__).with_name("faulty_worker.py"))
PROTOCOL = msgspec.structs.replace(QUICK, processes=2)
FILES = 2
TIMED = FILES * PROTOCOL.processes
WHOLE = TIMED + FILES  # and one process each for memory


def measured(bundle, out, *runtimes, protocol=PROTOCOL):
    (workload,) = find_workloads([bundle], None)
    two = replace(workload, files=tuple(candidate for candidate in workload.files if candidate.file in (FLOAT32, INT8)))
    order = Order([two], [runtime_named(name) for name in runtimes or ("fake",)], protocol)
    return bench(order, out, numbered=False, progress=Silent())


def failed(result):
    return [block for block in result.blocks if block.error]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("die", "killed by signal 9 (SIGKILL)"),
        ("crash", "killed by signal 6 (SIGABRT)"),
        ("babble", "no block"),
        ("grow", "too little memory"),
        ("hang", "no answer within"),
    ],
)
def test_a_child_that_comes_to_harm_is_recorded_and_the_others_go_on(exported, tmp_path, monkeypatch, fault, words):
    image = tmp_path / "large.png"
    Image.new("RGB", (9000, 9000)).save(image)
    monkeypatch.setattr(schedule, "WORKER", (FAULTY, fault, str(image)))
    # The others may take as long as they do on a busy machine.
    limit_s = schedule._limit_s
    monkeypatch.setattr(schedule, "_limit_s", lambda job: 10 if fault == "hang" and (job.planned.file, job.process) == (INT8, 1) else limit_s(job))
    result = measured(exported.folder, tmp_path / "a.jsonl")
    (block,) = failed(result)
    assert (block.file, block.process) == (INT8, 1)
    assert words in block.error
    assert len(result.blocks) == WHOLE
    assert sum(len(block.timed_ns) >= 2 for block in result.blocks) == TIMED - 1


def test_a_runtime_that_is_not_installed_is_recorded(exported, tmp_path, monkeypatch):
    monkeypatch.setattr("edgekit.benchmarking.interpreter.is_installed", lambda runtime: runtime.name == "fake")
    result = measured(exported.folder, tmp_path / "a.jsonl", "fake", "openvino")
    assert {(block.runtime, block.error) for block in failed(result)} == {("openvino", "openvino is not installed (pip install edgekit[openvino])")}
    assert len(failed(result)) == TIMED
    assert sum(len(block.timed_ns) >= 2 for block in result.blocks) == TIMED
    with pytest.raises(EdgekitError, match="not installed"):
        measured(exported.folder, tmp_path / "b.jsonl", "openvino")
    assert not (tmp_path / "b.jsonl").exists()


def test_a_corrupt_model_is_recorded(bundle_copy, tmp_path):
    data = bytearray((bundle_copy / INT8).read_bytes())
    data[1000] ^= 1
    (bundle_copy / INT8).write_bytes(data)
    result = measured(bundle_copy, tmp_path / "a.jsonl")
    assert {block.file for block in failed(result)} == {INT8}
    assert "sha256 differs" in failed(result)[0].error
    assert sum(len(block.timed_ns) >= 2 for block in result.blocks) == TIMED - PROTOCOL.processes


def test_a_torn_last_line_costs_that_block_alone(exported, tmp_path):
    path = tmp_path / "a.jsonl"
    before = measured(exported.folder, path).blocks
    path.write_bytes(path.read_bytes()[:-40])
    assert read_result(path).blocks == before[:-1]
    again = resume(path, progress=Silent())
    assert again.blocks[:-1] == before[:-1]
    assert [(block.file, block.purpose, block.process) for block in again.blocks] == [(block.file, block.purpose, block.process) for block in before]
    assert path.read_bytes().endswith(b"\n")


def test_a_folder_that_refuses_is_told_before_anything_is_measured(exported):
    for folder in ("/proc/results", "/proc"):
        with pytest.raises(StoreError, match="cannot be written") as caught:
            measured(exported.folder, Path(folder) / "a.jsonl")
        assert caught.value.hint


def test_a_disk_that_fills_keeps_whole_blocks(exported, tmp_path):
    path = tmp_path / "a.jsonl"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    # As many samples in each block, however fast the machine is just then.
    even = msgspec.structs.replace(PROTOCOL, least_images=400, least_s=1e-9)
    measured(exported.folder, tmp_path / "whole.jsonl", protocol=even)
    plan, *blocks = (tmp_path / "whole.jsonl").read_bytes().splitlines(keepends=True)
    room = len(plan) + sum(map(len, blocks[:TIMED])) // 2
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        with pytest.raises(StoreError, match=r"cannot be written .* of 6 blocks are in") as caught:
            measured(exported.folder, path, protocol=even)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "disk is full" in caught.value.hint
    assert "--resume" in caught.value.hint
    kept = read_result(path).blocks
    assert 0 < len(kept) < WHOLE
    assert path.read_bytes().endswith(b"\n")
    assert resume(path, progress=Silent()).blocks[: len(kept)] == kept


def test_a_disk_that_is_full_before_the_first_block_leaves_no_result_and_says_so(exported, tmp_path):
    measured(exported.folder, tmp_path / "whole.jsonl")
    header = len((tmp_path / "whole.jsonl").read_bytes().splitlines(keepends=True)[0])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (header + 50, limits[1]))
    try:
        with pytest.raises(StoreError, match=r"cannot be written .* no block was finished, and no result is left") as caught:
            measured(exported.folder, tmp_path / "a.jsonl")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "--resume" not in caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["whole.jsonl"]


def test_ctrl_c_keeps_what_was_finished_and_resume_goes_on(exported, tmp_path):
    path = tmp_path / "a.jsonl"
    files = [str(exported.folder / name) for name in (FLOAT32, INT8)]
    options = ["--images", str(exported.folder / "golden"), "--runtime", "fake", "--out", str(path)]
    command = [sys.executable, "-m", "edgekit", "bench", *files, *options]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        while not path.exists() or path.read_bytes().count(b"\n") < 3:
            time.sleep(0.05)
            assert child.poll() is None
        child.send_signal(signal.SIGINT)
        _, err = child.communicate()
    assert child.returncode == 130
    assert "--resume" in err
    kept = read_result(path).blocks
    assert 2 <= len(kept) < FILES * 5
    assert all(block.timed_ns for block in kept)
    # Go on in the same way as a user: the header alone says how.
    done = subprocess.run([*command[:3], "bench", "--resume", "--out", str(path), "--json"], capture_output=True, text=True, check=True, cwd=tmp_path)
    result = read_result(path)
    assert result.blocks[: len(kept)] == kept
    assert len(result.blocks) == FILES * 5 + FILES
    assert {row["processes"] for row in json.loads(done.stdout)["rows"]} == {5}


def test_a_killed_bench_without_a_block_can_go_on(exported, tmp_path):
    path = tmp_path / "a.jsonl"
    measured(exported.folder, path)
    path.write_bytes(path.read_bytes().split(b"\n")[0] + b"\n" + b'{"source": "torn')
    result = resume(path, progress=Silent())
    assert len([block for block in result.blocks if block.purpose is Purpose.TIMING]) == TIMED


def test_another_machine_does_not_go_on(exported, tmp_path):
    path = tmp_path / "a.jsonl"
    measured(exported.folder, path)
    header, *rest = path.read_text().splitlines(keepends=True)
    other = json.loads(header)
    other["environment"]["cpu"] = "another"
    path.write_text(json.dumps(other) + "\n" + rest[0])
    with pytest.raises(UsageError, match="another machine"):
        resume(path, progress=Silent())


def test_what_failed_is_measured_again(exported, tmp_path, monkeypatch):
    path = tmp_path / "a.jsonl"
    with monkeypatch.context() as patch:
        patch.setattr(schedule, "WORKER", (FAULTY, "crash"))
        first = measured(exported.folder, path)
    assert failed(first)
    again = resume(path, progress=Silent())
    assert len(again.blocks) == len(first.blocks) == WHOLE
    assert not failed(again)


@pytest.mark.parametrize(("changed", "words"), [({"version": "0.1"}, "begun with fake 0.1"), ({"source": "elsewhere"}, "is not here")])
def test_other_versions_and_another_folder_do_not_go_on(exported, tmp_path, changed, words):
    path = tmp_path / "a.jsonl"
    measured(exported.folder, path)
    header, _, blocks = path.read_bytes().partition(b"\n")
    fields = json.loads(header)
    fields["plan"] = [{**entry, **changed} for entry in fields["plan"]]
    if "source" in changed:
        fields["images"], fields["roots"] = ({"elsewhere": value} for (value,) in (fields["images"].values(), fields["roots"].values()))
        blocks = b""
    path.write_bytes(json.dumps(fields).encode() + b"\n" + blocks)
    with pytest.raises(UsageError, match=words):
        resume(path, progress=Silent())


def test_answers_stand_once_in_a_result(exported, tmp_path):
    blocks = [block for block in measured(exported.folder, tmp_path / "a.jsonl").blocks if block.file == FLOAT32 and block.timed_ns]
    seen = [index for block in blocks for index in block.scores]
    assert len(seen) == len(set(seen))
    assert set(seen) == {index for block in blocks for index in block.visited}
