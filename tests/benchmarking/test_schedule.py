import msgspec
import pytest

from benchmarking.jobs import FLOAT32, INT8, QUICK, job, served
from edgekit.benchmarking import schedule
from edgekit.benchmarking.memory import rss_bytes
from edgekit.benchmarking.schedule import interleaved, run_schedule
from edgekit.spec.protocol import BUDGETS, Feed, Purpose, Sizes


def blocks_of(*jobs):
    found = []
    run_schedule(jobs, found.append)
    return found


def test_blocks_are_interleaved_by_process(exported):
    jobs = [job(exported, name, process=process) for name in (FLOAT32, INT8) for process in range(4)]
    beside = [job(exported, name, purpose=purpose) for name in (FLOAT32, INT8) for purpose in (Purpose.MEMORY, Purpose.OPERATORS)]
    order = interleaved([*beside, *jobs], seed=0)
    assert [item.process for item in order] == [0, 0, 1, 1, 2, 2, 3, 3, 0, 0, 0, 0]
    assert {item.purpose for item in order[:8]} == {Purpose.TIMING}
    assert order == interleaved([*beside, *jobs], seed=0)
    assert order != interleaved([*beside, *jobs], seed=1)
    assert len({item.path for item in order[:2]}) == 2


@pytest.mark.parametrize("real", [False, True])
def test_a_child_measures(exported, real):
    (block,) = blocks_of(job(exported, runtime=served() if real else "fake"))
    assert block.error == ""
    assert len(block.timed_ns) == len(block.visited) >= 4
    assert block.input_px == (48, 48)
    assert all(len(scores) == 5 for scores in block.scores.values())
    assert block.reallocations == block.late == 0
    assert len(block.invoke_ns) == min(8, len(block.timed_ns))
    assert min(block.load_ns, block.start_ns) > 0
    assert block.start_ns < 60e9


def test_memory_is_that_of_the_model_too(exported):
    (block,) = blocks_of(job(exported, runtime=served(), purpose=Purpose.MEMORY))
    assert (block.error, block.timed_ns) == ("", ())
    assert 10e6 < block.rss_bytes < block.peak_rss_bytes < block.rss_bytes + 500e6
    assert rss_bytes() > 10e6


def test_images_of_their_own_sizes_cost_allocations(exported):
    # The variants of golden images are odd, tall, wide and tiny.
    images = tuple(str(exported.golden_path(image).resolve()) for image in exported.golden.images)
    protocol = msgspec.structs.replace(QUICK, least_images=2 * len(images))
    (block,) = blocks_of(job(exported, runtime=served(), images=images, protocol=protocol, feed=Feed(sizes=Sizes.MIXED)))
    assert block.error == ""
    assert len(images) / 4 < block.reallocations < len(block.timed_ns)
    assert block.invoke_ns == ()


def test_a_problem_that_is_known_starts_no_process(exported):
    asked = job(exported)
    planned = msgspec.structs.replace(asked.planned, problem="openvino is not installed")
    (block,) = blocks_of(msgspec.structs.replace(asked, planned=planned, path="/nowhere"))
    assert block.error == "openvino is not installed"


def test_what_a_child_refuses_is_recorded(exported, tmp_path):
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(b"no model")
    changed = msgspec.structs.replace(job(exported).planned, sha256="0" * 64)
    upgraded = msgspec.structs.replace(job(exported).planned, version="0.0")
    blocks = blocks_of(job(exported, path=str(broken)), job(exported, planned=changed), job(exported, planned=upgraded), job(exported))
    assert "contract" in blocks[0].error
    assert "changed while it was measured" in blocks[1].error
    assert "not 0.0 as planned" in blocks[2].error
    assert blocks[3].error == ""


def test_how_long_a_child_may_take(exported):
    """Two minutes to start, three times its share of the budget and its warm-up, and two periods of a given rate."""
    quick = job(exported, protocol=BUDGETS["quick"])
    assert schedule._limit_s(quick) == pytest.approx(120 + 3 * (60 / 5 + 0.5))
    assert schedule._limit_s(msgspec.structs.replace(quick, feed=Feed(rate_hz=5.0))) == pytest.approx(157.5 + 0.4)


@pytest.mark.parametrize(("text", "kills"), [("pgfault 9\noom_kill 3\nz 1\n", 3), ("pgfault 9\n", 0), (None, 0)])
def test_how_many_processes_ended_for_want_of_memory(monkeypatch, tmp_path, text, kills):
    if text is not None:
        (tmp_path / "vmstat").write_text(text)
    monkeypatch.setattr(schedule, "_VMSTAT", tmp_path / "vmstat")
    assert schedule._memory_kills() == kills


def test_a_child_that_ends_while_linux_ends_processes_was_out_of_memory(exported, monkeypatch):
    counts = iter([3, 4, 3, 3])
    monkeypatch.setattr(schedule, "_memory_kills", lambda: next(counts))
    monkeypatch.setattr(schedule, "WORKER", ("-c", "raise SystemExit(3)"))
    killed, ended = blocks_of(job(exported), job(exported))
    assert ["out of memory" in block.error for block in (killed, ended)] == [True, False]


def test_what_is_no_block_is_told(exported, monkeypatch):
    monkeypatch.setattr(schedule, "WORKER", ("-c", "print('[]')"))
    (block,) = blocks_of(job(exported))
    assert block.error == "the process answered something that is no block"
