"""Sessions in children: the same answers, and no harm from a file that harms its process."""

import numpy as np
import pytest

from edgekit.errors import SessionError
from edgekit.host.companion import Limits
from edgekit.runtimes.apart import Apart
from edgekit.runtimes.base import is_installed, open_session
from edgekit.spec.runtime import RUNTIMES, runtime_named
from edgekit.store.bundle import Artifact, open_artifact

ROOM = Limits(120, 8_000_000_000)
IMAGES = [np.random.default_rng(seed).integers(0, 256, (1, 40 + 20 * seed, 60, 3), np.uint8) for seed in range(3)]
OPENED = [(row, kind) for row in RUNTIMES.values() if is_installed(row) and not row.only_when_named for kind in row.formats]


def test_a_session_in_a_child_answers_what_one_here_does_and_its_child_serves_the_next(exported):
    with Apart(ROOM) as apart:
        for runtime, kind in OPENED:
            artifact = open_artifact(exported.folder / f"mobilenet-float32.{kind}")
            here, there = open_session(artifact, runtime), apart.open_session(artifact, runtime)
            for image in IMAGES:
                wanted = here.run(image)
                scores, elapsed_ns = there.timed_run(image)
                assert scores.dtype == np.float32
                assert np.array_equal(scores, wanted)
                assert elapsed_ns > 0
            there.close()
        assert len(apart._all) == 1
    assert not apart._all[0].is_open


def test_a_file_that_its_runtime_refuses_is_told_as_here_and_costs_no_child(exported, tmp_path):
    runtime, kind = OPENED[0]
    if runtime.name == "tflite-runtime":
        pytest.skip("tflite-runtime 2.14 does not check what it reads: its process dies")
    whole = open_artifact(exported.folder / f"mobilenet-float32.{kind}")
    path = tmp_path / whole.path.name
    path.write_bytes(b"no model" * 100)
    told = []
    with Apart(ROOM) as apart:
        for opener in (open_session, apart.open_session):
            with pytest.raises(SessionError) as caught:
                opener(Artifact(path, whole.contract, ""), runtime)
            told.append((caught.value.message, caught.value.hint))
        apart.open_session(whole, runtime).run(IMAGES[0])
        assert len(apart._all) == 1
    assert told[0] == told[1]


def test_a_child_that_dies_is_told_and_another_takes_its_place(exported):
    artifact = open_artifact(exported.folder / "mobilenet-float32.tflite")
    with Apart(ROOM) as apart:
        session = apart.open_session(artifact, runtime_named("fake"))
        apart._all[0]._child.kill()
        with pytest.raises(SessionError, match=r"mobilenet-float32.tflite in fake: the process was killed by signal 9 \(SIGKILL\)") as caught:
            session.run(IMAGES[0])
        assert "--time-limit" in caught.value.hint
        session.close()
        assert apart.open_session(artifact, runtime_named("fake")).run(IMAGES[0]).shape == (1, 5)
