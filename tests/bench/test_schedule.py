import msgspec
import pytest

from edgekit.bench import schedule
from edgekit.bench.job import Job
from edgekit.bench.schedule import interleaved, run_schedule
from edgekit.spec.protocol import BUDGETS

QUICK = msgspec.structs.replace(BUDGETS["smoke"], least_images=4, least_s=0.01, warmup_s=0.0)


def job(bundle, name="mobilenet-float32.tflite", runtime="fake", process=0, **changed):
    entry = next(entry for entry in bundle.manifest.artifacts if entry.file == name)
    fields = {
        "source": "bundle",
        "path": str(bundle.folder / name),
        "sha256": entry.sha256,
        "runtime": runtime,
        "process": process,
        "images": tuple(str(bundle.golden_path(image)) for image in bundle.golden.images[:8]),
        "protocol": QUICK,
    }
    return Job(**(fields | changed))


def blocks_of(*jobs):
    found = []
    run_schedule(jobs, found.append)
    return found


def test_blocks_are_interleaved_by_process(exported):
    jobs = [job(exported, name, process=process) for name in ("mobilenet-float32.tflite", "mobilenet-int8.onnx") for process in range(4)]
    order = interleaved(jobs, seed=0)
    assert [item.process for item in order] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert order == interleaved(jobs, seed=0)
    assert len({item.path for item in order[:2]}) == 2


@pytest.mark.parametrize("runtime", ["fake", "litert"])
def test_a_child_measures(exported, runtime):
    (block,) = blocks_of(job(exported, runtime=runtime))
    assert block.error == ""
    assert len(block.timed_ns) == len(block.visited) >= 4
    assert block.input_px == (48, 48)
    assert all(len(scores) == 5 for scores in block.scores.values())


def test_failures_are_recorded_and_the_others_go_on(exported, tmp_path):
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(b"no model")
    blocks = blocks_of(job(exported, path=str(broken)), job(exported, runtime="onnxruntime"), job(exported))
    assert "contract" in blocks[0].error
    assert "does not open tflite" in blocks[1].error
    assert blocks[2].error == ""


@pytest.mark.parametrize(("code", "error"), [("import os; os.kill(os.getpid(), 9)", "killed by signal 9"), ("print('noise')", "no block")])
def test_a_child_that_dies_or_talks_nonsense_is_recorded(exported, monkeypatch, code, error):
    monkeypatch.setattr(schedule, "WORKER", ("-c", code))
    assert error in blocks_of(job(exported))[0].error


def test_a_child_that_hangs_is_stopped(exported, monkeypatch):
    monkeypatch.setattr(schedule, "WORKER", ("-c", "import time; time.sleep(600)"))
    monkeypatch.setattr(schedule, "START_S", 0.5)
    protocol = msgspec.structs.replace(QUICK, most_s=0.1)
    assert "no answer within" in blocks_of(job(exported, protocol=protocol))[0].error
