"""Which test images the gate judges a file by, where they are a part."""

from dataclasses import replace

import numpy as np
import pytest

from edgekit.errors import VerificationError
from edgekit.export.evidence import Evidence, golden_evidence
from edgekit.export.evidence import test_evidence as evidence_of_test_images  # pytest would take the name for a test's
from edgekit.export.golden import choose_golden
from edgekit.export.head import without_head
from edgekit.export.making import Maker
from edgekit.export.model import Reference
from edgekit.export.parity import Gate
from edgekit.export.subject import of_run
from edgekit.runtimes.base import installed_for
from edgekit.spec.export import ANY_SIZE, Format, Head, InputSize
from edgekit.spec.progress import Silent
from edgekit.spec.tensor import DType, TensorSpec
from edgekit.store.bundle import Checks, open_artifact

ANY = TensorSpec(name="image", shape=(1, -1, -1, 3), dtype=DType.UINT8)
IMAGES, PART = 165, 33


@pytest.fixture(scope="module")
def subject(small_run):
    return of_run(small_run)


@pytest.fixture(scope="module")
def golden(subject):
    pictures = choose_golden(subject.images.golden, subject.seed)
    return golden_evidence(pictures, ANY, Reference(without_head(subject.model, Head.LOGITS)))


@pytest.fixture(scope="module")
def whole(subject):
    return evidence_of_test_images(subject.images.test, ANY, Reference(without_head(subject.model, Head.LOGITS)), subject.answers, labelled=True)


@pytest.fixture(scope="module")
def fifth(whole):
    return Evidence(whole.pictures[::5], whole.names[::5], whole.labels[::5], whole.reference[::5])


@pytest.fixture(scope="module")
def part(fifth):
    """A fifth of the test images, on which chance has it that the trained model was right twice where no file is."""
    reference, labels = fifth.reference.copy(), fifth.labels.copy()
    for index in np.flatnonzero(reference.argmax(axis=1) == labels)[:2]:
        reference[index] = np.roll(reference[index], 1)
        labels[index] = reference[index].argmax()
    return replace(fifth, reference=reference, labels=labels)


class More:
    def __init__(self, evidence):
        self.evidence, self.asked = evidence, 0

    def __call__(self):
        self.asked += 1
        return self.evidence


@pytest.fixture
def gate_with(subject, golden, part):
    return lambda more: Gate(subject.labels, golden, part, more=more)


@pytest.fixture
def int8(exported):
    return [open_artifact(exported.folder / f"mobilenet-int8.{form}") for form in Format]


def test_the_part_alone_refuses(gate_with, int8):
    refusal = gate_with(None).refusal(int8[0])
    assert "does not answer as keras does" in str(refusal)


def test_counts_are_of_all_images_and_ask_for_them_once(gate_with, int8, whole):
    more = More(whole)
    proof = gate_with(more).prove(int8)
    assert {record.tested.images for record in proof.records} == {IMAGES}
    assert {record.images for record in proof.records} == {48 + IMAGES}
    assert {len(answer.test) for answer in proof.answered} == {IMAGES}
    assert len(proof.answered) == sum(len(installed_for(form)) for form in Format)
    assert more.asked == 1


def test_all_images_may_refuse_what_the_part_does_not(subject, golden, whole, int8):
    reference = np.roll(whole.reference, 1, axis=1)
    other = More(replace(whole, reference=reference, labels=reference.argmax(axis=1)))
    assert Gate(subject.labels, golden, whole).refusal(int8[0]) is None
    refusal = Gate(subject.labels, golden, whole, more=other).refusal(int8[0])
    assert isinstance(refusal, VerificationError)
    assert "accuracy" in str(refusal) or "agreement" in str(refusal)


def test_bounded_scores_are_those_of_the_part(subject, golden, fifth, whole, exported):
    more = More(whole)
    proof = Gate(subject.labels, golden, fifth, more=more).prove([open_artifact(exported.folder / "mobilenet-float32.tflite")])
    assert {record.tested.images for record in proof.records} == {PART}
    assert more.asked == 0


def test_a_bundle_tells_of_both_counts(subject, golden, fifth, whole, int8, exported):
    files = [open_artifact(exported.folder / "mobilenet-float32.tflite"), *int8]
    proof = Gate(subject.labels, golden, fifth, more=More(whole)).prove(files)
    assert Checks(machine="", exported_at="", parity=proof.records).test_images == [PART, IMAGES]


@pytest.mark.parametrize(
    ("head", "size", "asked"), [(Head.LOGITS, ANY_SIZE, 32), (Head.PROBABILITIES, ANY_SIZE, IMAGES), (Head.LOGITS, InputSize(48, 48), IMAGES)]
)
def test_what_a_run_kept_is_for_its_own_scores_of_pictures_as_they_are(subject, tmp_path, monkeypatch, head, size, asked):
    counts = []
    scores = Reference.scores

    def counted(self, pictures):
        answered = scores(self, pictures)
        counts.append(len(answered))
        return answered

    monkeypatch.setattr(Reference, "scores", counted)
    maker = Maker(subject, head, size, tmp_path, Silent())
    assert counts == [asked, len(maker.pictures)]
