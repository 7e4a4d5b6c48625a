"""One classifier for many threads, and in processes that fork: in every runtime the answers of one thread."""

import asyncio
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import numpy as np
import pytest

import edgekit
from edgekit.datasets.decode import decode
from edgekit.runtimes import thread_safe
from edgekit.runtimes.base import Session, is_installed
from edgekit.runtimes.thread_safe import ThreadSafeSession
from edgekit.spec.runtime import RUNTIMES

OPENED = [(row, kind) for row in RUNTIMES.values() if is_installed(row) for kind in row.formats]
EVERY = pytest.mark.parametrize(("runtime", "kind"), OPENED, ids=[f"{row.name}-{kind}" for row, kind in OPENED])
PIXEL = np.zeros((1, 1, 1, 3), np.uint8)
THREADS, ROUNDS = 4, 30


def loaded(bundle, runtime, kind):
    try:
        return edgekit.load(bundle.folder / f"mobilenet-float32.{kind}", runtime=runtime.name)
    except edgekit.EdgekitError as error:
        pytest.skip(error.message)  # a CPU without bfloat16


def pictures(bundle):
    """Images of several sizes, whose scores all differ."""
    plain, others = ([image for image in bundle.golden.images if (image in bundle.golden.plain) is kind] for kind in (True, False))
    return [decode(bundle.golden_path(image)) for image in plain[:6] + others[:6]]


@EVERY
def test_threads_are_answered_as_one_is(exported, runtime, kind):
    classifier, images = loaded(exported, runtime, kind), pictures(exported)
    assert len({image.shape for image in images}) > 2
    wanted = [classifier.predict(image).scores.copy() for image in images]
    if runtime.name != "fake":
        assert len({scores.tobytes() for scores in wanted}) == len(images)

    def differing(first):
        order = [(first + step) % len(images) for step in range(ROUNDS)]
        return [index for index in order if not np.array_equal(classifier.predict(images[index]).scores, wanted[index])]

    with ThreadPoolExecutor(THREADS) as pool:
        assert [*pool.map(differing, range(THREADS))] == [[]] * THREADS


def test_tasks_of_an_event_loop_are_answered_as_one_is(exported):
    classifier, images = edgekit.load(exported.folder), pictures(exported)
    wanted = [classifier.predict(image).index for image in images]

    async def all_at_once():
        return await asyncio.gather(*(asyncio.to_thread(classifier.predict, image) for image in images))

    assert [answer.index for answer in asyncio.run(all_at_once())] == wanted


FORKS = """
import os, sys, threading, time
import numpy as np
import edgekit

folder, *opened = sys.argv[1:]
images = [np.random.default_rng(seed).integers(0, 256, (48 + 40 * seed, 96, 3), np.uint8) for seed in range(3)]
classifiers = []
for name in opened:
    runtime, kind = name.split(":")
    try:
        classifiers.append((name, edgekit.load(f"{folder}/mobilenet-float32.{kind}", runtime=runtime)))
    except edgekit.EdgekitError:
        pass  # a CPU without bfloat16
wanted = [[classifier.predict(image).scores for image in images] for _, classifier in classifiers]

def ask(classifier):
    while True:
        for image in images:
            classifier.predict(image)

for _, classifier in classifiers:
    threading.Thread(target=ask, args=(classifier,), daemon=True).start()
time.sleep(0.2)
for _ in range(3):
    child = os.fork()
    if child == 0:
        wrong = [name for (name, one), all in zip(classifiers, wanted) for image, scores in zip(images, all)
                 if not np.array_equal(one.predict(image).scores, scores)]
        os._exit(len(wrong))
    _, status = os.waitpid(child, 0)
    assert status == 0, status
print(len(classifiers), flush=True)
os._exit(0)
"""


@pytest.mark.skipif(not hasattr(thread_safe.os, "register_at_fork"), reason="there is no fork here")
def test_a_child_that_is_forked_while_others_are_answered_answers_as_its_parent_does(exported):
    opened = [f"{row.name}:{kind}" for row, kind in OPENED if row.name != "fake"]
    done = subprocess.run([sys.executable, "-c", FORKS, str(exported.folder), *opened], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= len({name.partition(":")[0] for name in opened} - {"openvino-bfloat16"})


class Meeting(Session):
    """A session that tells how many threads are inside it."""

    title, failures = "a meeting", ()

    def __init__(self):
        self.inside, self.most, self.counting = [], [], Lock()

    def put(self, image):
        with self.counting:
            self.inside.append(image)
            self.most.append(len(self.inside))

    def invoke(self):
        time.sleep(0.005)

    def take(self):
        self.inside.pop()
        return np.zeros((1, 1), np.float32)


class Open(Meeting):
    concurrent = True


@pytest.mark.parametrize(("kind", "together"), [(Meeting, False), (Open, True)])
def test_threads_meet_inside_a_runtime_that_allows_it_alone(kind, together):
    meeting = kind()
    session = ThreadSafeSession(meeting)
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda _: session.run(PIXEL), range(20)))
    assert (max(meeting.most) > 1) is together


def test_the_time_that_is_told_is_that_of_a_turn(monkeypatch):
    session = ThreadSafeSession(Meeting())
    held = []
    monkeypatch.setattr(time, "perf_counter_ns", lambda: held.append(session._turns[0][0].locked()) or 0)
    session.run(PIXEL)
    assert held == [True, True]


def test_a_session_that_failed_answers_the_next(exported):
    classifier, images = edgekit.load(exported.folder / "mobilenet-float32.tflite"), pictures(exported)
    wanted = classifier.predict(images[0]).scores
    with pytest.raises(edgekit.EdgekitError):
        classifier._session.run(np.zeros((1, 8, 8, 4), np.uint8))
    assert np.array_equal(classifier.predict(images[0]).scores, wanted)
