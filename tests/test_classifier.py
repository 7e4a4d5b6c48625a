"""What an app in Python uses."""

import tracemalloc

import numpy as np
import pytest

import edgekit
from edgekit.errors import ImageError, UsageError
from edgekit.runtimes.base import installed_for
from edgekit.spec.export import Head
from edgekit.spec.format import Format
from edgekit.spec.runtime import RUNTIMES
from edgekit.store.bundle import open_bundle

FRAMES = 50
OPENED = [(row.name, kind) for kind in Format for row in installed_for(kind)]


@pytest.fixture
def frame():
    return np.random.default_rng(0).integers(0, 256, (96, 96, 3), np.uint8)


@pytest.mark.parametrize(("runtime", "kind"), OPENED, ids=[f"{name}-{kind}" for name, kind in OPENED])
def test_a_stream_of_frames_allocates_nothing_beyond_its_results(exported, frame, runtime, kind):
    classifier = edgekit.load(exported.folder / f"mobilenet-float32.{kind}", runtime=runtime)
    for _ in range(3):
        classifier.predict(frame)
    # What other threads allocate meanwhile, such as the tests' own, is counted too: the least of three times is the classifier's.
    kept, more = (min(several) for several in zip(*(allocated(classifier, frame) for _ in range(3)), strict=True))
    # A result is five scores, and the objects around them.
    assert kept < 600 * FRAMES
    assert more < 2000


def allocated(classifier, frame):
    """How many bytes the answers to a stream of frames keep, and how many more there were at most."""
    answers = [None] * FRAMES
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for index in range(FRAMES):
            answers[index] = classifier.predict(frame)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return after - before, peak - after


def test_answers_are_not_changed_by_the_next_frame(exported, frame):
    classifier = edgekit.load(exported.folder)
    first = classifier.predict(frame)
    kept = first.scores.copy()
    classifier.predict(255 - frame)
    assert np.array_equal(first.scores, kept)


def test_probabilities_are_the_softmax_of_logits(exported, frame):
    answer = edgekit.load(exported.folder).predict(frame)
    assert answer.head is Head.LOGITS
    wanted = np.exp(answer.scores) / np.exp(answer.scores).sum()
    assert np.allclose(answer.probabilities, wanted, atol=1e-6)
    assert answer.probability == answer.probabilities.max()
    assert abs(float(answer.probabilities.sum()) - 1) < 1e-6
    assert answer.score == answer.scores[answer.index]


def test_large_logits_do_not_overflow():
    answer = edgekit.Prediction("a", 0, 1000.0, np.array([1000, 0], np.float32), Head.LOGITS, 0)
    assert answer.probabilities.tolist() == [1.0, 0.0]


def test_probabilities_are_left_as_they_are():
    scores = np.array([0.25, 0.75], np.float32)
    assert edgekit.Prediction("b", 1, 0.75, scores, Head.PROBABILITIES, 0).probabilities is scores


def test_a_file_alone_answers_as_its_bundle_does(exported, frame):
    alone = edgekit.load(exported.folder / "mobilenet-float32.tflite")
    whole = edgekit.load(exported.folder)
    assert alone.predict(frame).scores.tolist() == whole.predict(frame).scores.tolist()
    assert alone.labels == open_bundle(exported.folder).labels
    assert (whole.path.name, whole.runtime) == ("mobilenet-float32.tflite", "litert")


def test_each_kind_of_image_is_taken(exported):
    from PIL import Image

    path = exported.folder / "golden/00.png"
    classifier = edgekit.load(exported.folder)
    with Image.open(path) as picture:
        answers = [
            classifier.predict(image).scores.tolist() for image in (path, str(path), path.read_bytes(), picture, np.asarray(picture.convert("RGB")))
        ]
    assert all(scores == answers[0] for scores in answers)


@pytest.mark.parametrize("image", [None, np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), np.zeros((0, 4, 3), np.uint8), b"no image"])
def test_what_is_no_image_is_refused(exported, image):
    with pytest.raises(ImageError):
        edgekit.load(exported.folder).predict(image)


def test_a_runtime_that_is_not_there_is_named(exported):
    with pytest.raises(UsageError, match="litrt"):
        edgekit.load(exported.folder, runtime="litrt")
    assert "litert" in RUNTIMES
