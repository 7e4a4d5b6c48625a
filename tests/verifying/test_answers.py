"""What an artifact answers to pictures."""

import numpy as np
import pytest

from edgekit.datasets.resize import as_input
from edgekit.host import cpu
from edgekit.runtimes.base import installed_for, open_session
from edgekit.spec.format import Format, Precision
from edgekit.verifying import answers as module
from edgekit.verifying.answers import answers

CASES = [(kind, precision) for kind in Format for precision in (Precision.FLOAT32, Precision.INT8)]


@pytest.mark.parametrize(("kind", "precision"), CASES, ids=str)
def test_sessions_side_by_side_answer_as_one_does_in_the_pictures_order(exported, monkeypatch, kind, precision):
    monkeypatch.setattr(cpu, "usable_threads", lambda: 3)
    entry = next(entry for entry in exported.manifest.artifacts if (entry.format, entry.precision) == (kind, precision))
    artifact, rng = exported.artifact(entry), np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (40 + index % 3, 48, 3), np.uint8) for index in range(100)]
    for runtime in installed_for(kind):
        session = open_session(artifact, runtime)
        one_by_one = np.concatenate([session.run(as_input(pixels, artifact.contract.input)).copy() for pixels in pictures])
        assert np.array_equal(answers(artifact, runtime, pictures[:9], pictures[9:]), one_by_one), runtime.name


@pytest.mark.parametrize(("pictures", "most_bytes", "sessions"), [(100, None, 3), (31, None, 1), (64, None, 2), (100, 1, 1)])
def test_a_session_is_opened_for_enough_pictures_and_within_the_memory(exported, monkeypatch, pictures, most_bytes, sessions):
    opened = []
    monkeypatch.setattr(cpu, "usable_threads", lambda: 3)
    monkeypatch.setattr(module, "open_session", lambda *args: opened.append(args) or open_session(*args))
    if most_bytes is not None:
        monkeypatch.setattr(cpu, "_SESSIONS_BYTES", most_bytes)
    artifact = exported.artifact(exported.manifest.artifacts[0])
    scores = answers(artifact, installed_for(artifact.contract.format)[0], [np.zeros((48, 48, 3), np.uint8)] * pictures)
    assert len(opened) == sessions
    assert scores.shape == (pictures, len(artifact.contract.labels))
