import msgspec
import numpy as np
import pytest

from edgekit.export.evidence import test_evidence as evidence_of_test_images  # pytest would take the name for a test's
from edgekit.export.head import without_head
from edgekit.export.model import Reference
from edgekit.export.subject import of_run
from edgekit.spec.export import Head
from edgekit.spec.tensor import DType, TensorSpec
from edgekit.store.run import ANSWERS_FILE, keep_answers

ANY = TensorSpec(name="image", shape=(1, -1, -1, 3), dtype=DType.UINT8)
IMAGES = 165


class Counting(Reference):
    asked = 0

    def scores(self, pictures):
        answered = super().scores(pictures)
        self.asked += len(answered)
        return answered


@pytest.fixture(scope="module")
def subject(small_run):
    return of_run(small_run)


@pytest.fixture
def reference(subject):
    return Counting(without_head(subject.model, Head.LOGITS))


@pytest.fixture(scope="module")
def wanted(subject):
    return evidence_of_test_images(subject.images.test, ANY, Reference(without_head(subject.model, Head.LOGITS)), {}, labelled=True).reference


def test_what_a_run_kept_is_what_its_model_answers_and_is_asked_for_again_in_part(subject, reference, wanted):
    assert len(subject.answers) == IMAGES
    found = evidence_of_test_images(subject.images.test, ANY, reference, subject.answers, labelled=True)
    assert reference.asked == 28  # every sixth
    assert np.abs(found.reference - wanted).max() <= 1e-5 * np.ptp(wanted)
    assert found.reference.argmax(axis=1).tolist() == wanted.argmax(axis=1).tolist()


@pytest.mark.parametrize(
    "changed",
    [
        lambda name, row: row[:-1],
        lambda name, row: (*row[1:], row[0]),
        lambda name, row: tuple(score * 1.001 for score in row),
    ],
    ids=["too few", "of another order of classes", "a thousandth larger"],
)
def test_what_its_model_does_not_answer_is_not_taken(subject, reference, wanted, changed):
    kept = {name: changed(name, row) for name, row in subject.answers.items()}
    found = evidence_of_test_images(subject.images.test, ANY, reference, kept, labelled=True)
    assert reference.asked == 28 + IMAGES
    assert np.array_equal(found.reference, wanted)


def test_all_are_asked_for_where_one_is_missing(subject, reference, wanted):
    kept = dict(list(subject.answers.items())[1:])
    assert np.array_equal(evidence_of_test_images(subject.images.test, ANY, reference, kept, labelled=True).reference, wanted)
    assert reference.asked == IMAGES


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"{",
        b'{"schema": 9, "scores": {}}',
        b'{"schema": 1, "scores": {}}',
        b'{"schema": 1, "scores": {"a.png": [1.0], "b.png": [1.0, 2.0]}}',
    ],
    ids=["none", "empty", "cut", "of another schema", "of nothing", "of several lengths"],
)
def test_a_file_of_answers_that_cannot_be_used_counts_as_none(small_run, tmp_path, content):
    run = type(small_run)(tmp_path, small_run.record)
    if content is not None:
        (tmp_path / ANSWERS_FILE).write_bytes(content)
    assert run.answers() == {}


def test_answers_are_read_as_they_were_kept(small_run, tmp_path):
    scores = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    keep_answers(tmp_path, ["a.png", "b/c.png", "ش.png"], scores)
    kept = type(small_run)(tmp_path, small_run.record).answers()
    assert list(kept) == ["a.png", "b/c.png", "ش.png"]
    assert np.array_equal(np.array(list(kept.values()), np.float32), scores)
    assert msgspec.json.decode((tmp_path / ANSWERS_FILE).read_bytes())["schema"] == 1


def test_very_many_answers_are_not_kept(tmp_path):
    keep_answers(tmp_path, [str(index) for index in range(1001)], np.zeros((1001, 1000), np.float32))
    assert not (tmp_path / ANSWERS_FILE).exists()
