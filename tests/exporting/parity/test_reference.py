import re

import msgspec
import numpy as np
import pytest

from edgekit.errors import ExportError
from edgekit.exporting.parity.reference import test_evidence as evidence_of_test_images
from edgekit.exporting.source.source import of_run
from edgekit.exporting.source.trained import Reference
from edgekit.models.head import without_head
from edgekit.spec.export import Head
from edgekit.spec.tensor import DType, TensorSpec
from edgekit.store.run import ANSWERS_FILE, Run, keep_answers

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
    assert reference.asked == 32
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
    assert reference.asked == 32 + IMAGES
    assert np.array_equal(found.reference, wanted)


def test_a_model_that_gives_no_number_is_refused_with_the_image(subject):
    class Broken(Reference):
        def scores(self, pictures):
            answered = super().scores(pictures)
            answered[3, 1] = np.nan
            return answered

    broken = Broken(without_head(subject.model, Head.LOGITS))
    with pytest.raises(ExportError, match=r"not finite on 1 of 165 images.*" + re.escape(subject.images.test[3].picture.name)):
        evidence_of_test_images(subject.images.test, ANY, broken, {}, labelled=True)


def test_all_are_asked_for_where_one_is_missing(subject, reference, wanted):
    kept = dict(list(subject.answers.items())[1:])
    assert np.array_equal(evidence_of_test_images(subject.images.test, ANY, reference, kept, labelled=True).reference, wanted)
    assert reference.asked == IMAGES


@pytest.fixture
def run(small_run, tmp_path):
    return Run(tmp_path, small_run.record)


def answers_file(run, scores, **changed):
    return msgspec.json.encode({"schema": 1, "model_sha256": run.record.model_sha256, "scores": scores, **changed})


@pytest.mark.parametrize(
    "content",
    [
        lambda run: b"",
        lambda run: b"{",
        lambda run: answers_file(run, {"a.png": [1.0]}, schema=9),
        lambda run: answers_file(run, {"a.png": [1.0]}, model_sha256="0" * 64),
        lambda run: answers_file(run, {}),
        lambda run: answers_file(run, {"a.png": [1.0], "b.png": [1.0, 2.0]}),
        lambda run: answers_file(run, {"a.png": [None]}),
    ],
    ids=["empty", "cut", "of another schema", "of another model", "of nothing", "of several lengths", "without a number"],
)
def test_a_file_of_answers_that_cannot_be_used_counts_as_none(run, content):
    assert run.answers() == {}
    (run.folder / ANSWERS_FILE).write_bytes(answers_file(run, {"a.png": [1.0]}))
    assert run.answers() == {"a.png": (1.0,)}
    (run.folder / ANSWERS_FILE).write_bytes(content(run))
    assert run.answers() == {}


def test_answers_are_read_as_they_were_kept(run):
    scores = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    keep_answers(run, ["a.png", "b/c.png", "ش.png"], scores)
    kept = run.answers()
    assert list(kept) == ["a.png", "b/c.png", "ش.png"]
    assert np.array_equal(np.array(list(kept.values()), np.float32), scores)


def test_very_many_answers_are_not_kept(run):
    keep_answers(run, [str(index) for index in range(1001)], np.zeros((1001, 1000), np.float32))
    assert not (run.folder / ANSWERS_FILE).exists()


def test_an_answer_that_is_not_finite_is_not_taken(subject, reference, wanted):
    name = subject.images.test[1].picture.name
    kept = {**subject.answers, name: (1e39, *subject.answers[name][1:])}
    assert np.array_equal(evidence_of_test_images(subject.images.test, ANY, reference, kept, labelled=True).reference, wanted)
