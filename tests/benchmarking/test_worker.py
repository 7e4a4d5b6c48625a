"""What the child does, in this process: how a job becomes a plan, and what of it the block says."""

from itertools import pairwise

import msgspec
import numpy as np
import pytest
from PIL import Image

from benchmarking.jobs import FLOAT32, INT8, QUICK, job, served
from edgekit.benchmarking import worker
from edgekit.benchmarking.worker import answer, declared_size
from edgekit.runtimes.fake import FakeSession
from edgekit.spec.protocol import BACK_TO_BACK, BUDGETS, Feed, Purpose, Sizes
from edgekit.spec.runtime import runtime_named
from edgekit.store.bundle import open_artifact
from edgekit.store.measurement import Block


def test_each_process_measures_its_share_of_the_budget(exported):
    """160 images and 5 s over 5 processes are 32 images and 1 s each; of 161 each measures 33."""
    asked = job(exported, protocol=BUDGETS["quick"], process=3, feed=Feed(rate_hz=5.0))
    plan = worker._plan(asked)
    assert (plan.least_images, plan.least_s, plan.most_s, plan.warmup_images, plan.warmup_s, plan.rate_hz) == (32, 1.0, 12.0, 5, 0.5, 5.0)
    more = msgspec.structs.replace(BUDGETS["quick"], least_images=161, seed=7)
    assert worker._plan(msgspec.structs.replace(asked, protocol=more)).least_images == 33
    seeds = {
        worker._plan(job(exported, protocol=msgspec.structs.replace(more, seed=seed), process=process)).seed
        for seed in (0, 7)
        for process in range(9)
    }
    assert len(seeds) == 18


def test_a_timed_block_says_what_was_measured(exported):
    asked = job(exported, protocol=msgspec.structs.replace(QUICK, processes=2, threads=2), process=1)
    block = answer(asked)
    planned = asked.planned
    assert block.error == ""
    same = ("source", "file", "sha256", "bytes", "precision", "tuning", "runtime", "version", "python")
    assert [getattr(block, field) for field in same] == [getattr(planned, field) for field in same]
    assert (block.process, block.purpose, block.feed, block.threads, block.key) == (1, Purpose.TIMING, BACK_TO_BACK, 2, asked.key)
    assert len(block.timed_ns) == len(block.visited) >= 2
    assert len(block.warmup_ns) == QUICK.warmup_images
    assert block.first_ns == block.warmup_ns[0]
    assert len(block.invoke_ns) == min(8, len(block.timed_ns))  # once for each image, where there are no more
    assert (block.input_px, block.reallocations, block.late, block.operators) == ((48, 48), 0, 0, ())
    assert min(block.load_ns, block.start_ns) > 0
    assert block.started_at.endswith("+00:00")
    # Process 1 of 2 answers every second image, timed or not.
    assert {1, 3, 5, 7} <= set(block.scores) >= set(block.visited)


def test_the_call_alone_is_timed_on_32_images_at_most_and_on_no_more_than_were_timed(exported):
    images = job(exported).images * 5
    for least_images, timed in ((80, 32), (20, 20)):
        protocol = msgspec.structs.replace(QUICK, least_images=least_images, least_s=1e-9)
        assert len(answer(job(exported, images=images, protocol=protocol)).invoke_ns) == timed


def test_scores_are_those_of_the_session_to_six_digits(exported):
    asked = job(exported, images=tuple(str(exported.golden_path(image)) for image in exported.golden.plain[:3]))
    block = answer(asked)
    session = FakeSession(5)
    for index, name in enumerate(asked.images):
        with Image.open(name) as image:
            pixels = np.asarray(image.convert("RGB"))
        own = session.run(worker.resize_to_uint8(pixels, 48, 48)[np.newaxis])[0]
        assert block.scores[index] == tuple(round(float(score), 6) for score in own)


def test_the_call_alone_is_timed_back_to_back_alone(exported):
    assert answer(job(exported, feed=Feed(rate_hz=10_000.0))).invoke_ns == ()


def test_images_of_their_own_sizes_are_told_apart(exported, tmp_path):
    sizes = [(48, 48), (48, 30), (48, 30), (20, 48)]
    images = [str(tmp_path / f"{index}.png") for index in range(len(sizes))]
    for path, size in zip(images, sizes, strict=True):
        Image.new("RGB", size[::-1]).save(path)
    protocol = msgspec.structs.replace(QUICK, least_images=8, most_s=60.0)
    block = answer(job(exported, images=tuple(images), feed=Feed(sizes=Sizes.MIXED), protocol=protocol))
    walked = [sizes[index] for index in block.visited]
    assert block.reallocations == sum(before != after for before, after in pairwise(walked)) > 0
    assert answer(job(exported, images=tuple(images), protocol=protocol)).reallocations == 0


def test_of_large_images_as_many_are_held_as_memory_may_hold(exported, monkeypatch):
    artifact, asked = open_artifact(exported.folder / FLOAT32), job(exported)
    one = 48 * 48 * 3
    for bytes_held, images in ((8 * one, 8), (3 * one, 3), (3 * one - 1, 2), (1, 1)):
        monkeypatch.setattr(worker, "_MOST_HELD_BYTES", bytes_held)
        held = worker._images(artifact, asked, asked.images)
        assert [image.shape for image in held] == [(1, 48, 48, 3)] * images


def test_the_size_that_a_file_declares(exported):
    artifact = open_artifact(exported.folder / FLOAT32)
    assert declared_size(artifact) == (48, 48)
    fixed = msgspec.structs.replace(artifact.contract.input, shape=(1, 30, 40, 3))
    assert declared_size(type(artifact)(artifact.path, msgspec.structs.replace(artifact.contract, input=fixed), artifact.sha256)) == (30, 40)


def test_memory_is_of_a_block_that_is_not_timed(exported):
    weighed = answer(job(exported, purpose=Purpose.MEMORY))
    assert (weighed.error, weighed.timed_ns, weighed.scores) == ("", (), {})
    assert 0 < weighed.rss_bytes <= weighed.peak_rss_bytes


@pytest.mark.skipif(not runtime_named(served()).profiles, reason="the runtime here does not tell the time of operators")
def test_operators_are_of_a_block_that_is_not_timed(exported):
    profiled = answer(job(exported, runtime=served(), purpose=Purpose.OPERATORS))
    assert profiled.timed_ns == ()
    assert profiled.operators


@pytest.mark.parametrize("change", [{"planned": {"sha256": "0" * 64}}, {"planned": {"version": "0.0"}}, {"path": "/nowhere.tflite"}])
def test_what_is_refused_is_a_block_with_the_reason(exported, change):
    asked = job(exported)
    if "planned" in change:
        change = {"planned": msgspec.structs.replace(asked.planned, **change["planned"])}
    block = answer(msgspec.structs.replace(asked, **change))
    assert isinstance(block, Block)
    assert block.error
    assert (block.timed_ns, block.key) == ((), asked.key)


@pytest.mark.parametrize(
    ("harm", "words"), [(np.nan, "numbers that are not finite"), (np.inf, "numbers that are not finite"), (None, "out of memory")]
)
def test_answers_that_are_no_numbers_and_memory_that_ran_out(exported, monkeypatch, harm, words):
    def take(self):
        if harm is None:
            raise MemoryError
        return np.array([[0, 1, harm, 3, 4]], np.float32)

    monkeypatch.setattr(FakeSession, "take", take)
    block = answer(job(exported, INT8))
    assert (words in block.error, block.scores) == (True, {})


def test_a_clock_that_was_put_back_makes_no_negative_start(exported):
    block = answer(job(exported, asked_at_ns=2**62))
    assert (block.error, block.start_ns) == ("", 0)


def test_memory_is_that_of_a_session_that_has_answered(exported, monkeypatch):
    answered, invoke = [], FakeSession.invoke
    monkeypatch.setattr(FakeSession, "invoke", lambda self: (answered.append(1), invoke(self))[1])
    answer(job(exported, images=job(exported).images * 3, purpose=Purpose.MEMORY))
    assert len(answered) == 16
