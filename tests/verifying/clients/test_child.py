"""One client with one file: the answers lie in the folder, or why there are none."""

import numpy as np
import pytest

from edgekit.runtimes.base import installed_for, open_session
from edgekit.spec.format import Format
from edgekit.store.bundle import open_artifact
from edgekit.verifying.clients import ask, child
from edgekit.verifying.clients.table import CLIENTS

FILE = "mobilenet-float32.tflite"
PICTURES = [np.full((1, height, 48, 3), height, np.uint8) for height in (48, 30, 7)]


@pytest.fixture
def own():
    return installed_for(Format.TFLITE)[0]


def test_the_answers_to_all_pictures_in_their_order(exported, tmp_path, own):
    np.savez(tmp_path / child.PICTURES_FILE, *PICTURES)
    assert child.main(own.name, str(exported.folder / FILE), str(tmp_path)) == 0
    session = open_session(open_artifact(exported.folder / FILE), own)
    wanted = np.concatenate([session.run(image).copy() for image in PICTURES])
    assert np.array_equal(np.load(tmp_path / child.ANSWERS_FILE), wanted)
    assert not (tmp_path / child.REASON_FILE).exists()


def test_the_same_in_a_process_of_its_own(exported, own):
    artifact = open_artifact(exported.folder / FILE)
    session = open_session(artifact, own)
    wanted = np.concatenate([session.run(image).copy() for image in PICTURES])
    assert np.array_equal(ask.answers_of(CLIENTS[own.name], artifact, PICTURES), wanted)


def test_whatever_is_raised_is_the_reason_on_one_line(exported, tmp_path, own):
    assert child.main(own.name, str(exported.folder / FILE), str(tmp_path)) == 1
    told = (tmp_path / child.REASON_FILE).read_text()
    assert told.startswith("FileNotFoundError: ")
    assert "\n" not in told
    assert not (tmp_path / child.ANSWERS_FILE).exists()


class Ended:
    def __init__(self, status, err=b""):
        self.status, self.err = status, err


@pytest.mark.parametrize(
    ("status", "err", "words"),
    [
        (-6, b"one\ntwo \n", "its process ended by SIGABRT: two"),
        (-9, b"", "its process ended by SIGKILL: no reason given"),
        (-250, b"x", "its process ended by a signal: x"),
        (3, b"\xff" + b"a" * 500, "its process ended with status 3: \ufffd" + "a" * 199),
    ],
)
def test_why_a_process_ended(tmp_path, status, err, words):
    assert ask._reason(tmp_path / "none", Ended(status, err)) == words
    (tmp_path / "told").write_text("because " * 100)
    assert ask._reason(tmp_path / "told", Ended(status, err)) == ("because " * 100)[:200]
