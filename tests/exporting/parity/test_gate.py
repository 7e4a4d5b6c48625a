"""Which test images the gate judges a file by, where they are a part."""

from dataclasses import replace

import numpy as np
import pytest

from edgekit.errors import SessionError, VerificationError
from edgekit.exporting.parity import gate as module
from edgekit.exporting.parity.gate import Gate
from edgekit.exporting.parity.images import parity_images
from edgekit.exporting.parity.reference import golden_evidence
from edgekit.exporting.parity.reference import test_evidence as evidence_of_test_images
from edgekit.exporting.plan import ExportPlan
from edgekit.exporting.source.golden import choose_golden
from edgekit.exporting.source.source import of_run
from edgekit.exporting.source.trained import Reference
from edgekit.models.head import without_head
from edgekit.runtimes.base import installed_for
from edgekit.spec.export import ANY_SIZE, Head, InputSize
from edgekit.spec.format import Format, Precision
from edgekit.spec.runtime import RUNTIMES
from edgekit.spec.tensor import DType, TensorSpec
from edgekit.store.bundle import open_artifact
from edgekit.store.manifest import Checks

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
def unlucky(whole):
    """The test images, as if the trained model hesitated on four: by chance right on two of the first where no file is, and wrong on two others."""
    reference, labels = whole.reference.copy(), whole.labels.copy()
    known = np.flatnonzero(reference.argmax(axis=1) == labels)
    lucky, others = known[known < PART][:2], known[known >= PART][:2]
    for index in (*lucky, *others):
        second, first = np.argsort(reference[index])[-2:]
        reference[index, first] = np.nextafter(reference[index, second], -np.inf)
    labels[lucky] = reference[lucky].argmax(axis=1)
    return replace(whole, reference=reference, labels=labels)


@pytest.fixture
def int8(exported):
    return [open_artifact(exported.folder / f"mobilenet-int8.{form}") for form in Format]


def test_what_chance_refuses_on_a_part_passes_on_all(subject, golden, unlucky, int8):
    refusal = Gate(subject.labels, golden, unlucky.first(PART)).refusal(int8[0])
    assert "does not answer as keras does" in str(refusal)
    assert Gate(subject.labels, golden, unlucky, part=PART).refusal(int8[0]) is None


def test_what_a_part_does_not_show_is_refused(subject, golden, whole, int8):
    reference = whole.reference.copy()
    reference[PART:] = np.roll(reference[PART:], 1, axis=1)
    other = replace(whole, reference=reference, labels=reference.argmax(axis=1))
    assert Gate(subject.labels, golden, other.first(PART)).refusal(int8[0]) is None
    refusal = Gate(subject.labels, golden, other, part=PART).refusal(int8[0])
    assert isinstance(refusal, VerificationError)
    assert "accuracy" in str(refusal) or "agreement" in str(refusal)


def test_scores_are_those_of_the_part_and_counts_of_all(subject, golden, whole, int8, exported):
    files = [open_artifact(exported.folder / "mobilenet-float32.tflite"), *int8]
    proof = Gate(subject.labels, golden, whole, part=PART).prove(files)
    images = {record.file: record.tested.images for record in proof.records}
    assert images == {"mobilenet-float32.tflite": PART, "mobilenet-int8.tflite": IMAGES, "mobilenet-int8.onnx": IMAGES}
    assert {record.images - record.tested.images for record in proof.records} == {len(golden.names)}
    assert [len(answer.test) for answer in proof.answered] == [images[answer.artifact.path.name] for answer in proof.answered]
    assert len(proof.answered) == sum(len(installed_for(file.contract.format)) for file in files)
    assert Checks(machine="", exported_at="", parity=proof.records).test_images == [PART, IMAGES]


@pytest.mark.parametrize(
    ("precision", "head", "all_images"),
    [
        (Precision.FLOAT32, Head.LOGITS, False),
        (Precision.FLOAT16, Head.LOGITS, False),
        (Precision.MIXED, Head.PROBABILITIES, False),
        (Precision.DYNAMIC, Head.LOGITS, True),
        (Precision.INT8, Head.PROBABILITIES, True),
        (Precision.INT8, Head.FEATURES, False),
    ],
)
def test_the_trained_model_is_asked_for_all_images_where_files_are_judged_by_counts(subject, precision, head, all_images):
    images = replace(subject.images, test=subject.images.test[:PART], golden=subject.images.test[:PART], more=subject.images.test)
    plan = ExportPlan(files=tuple((Format.TFLITE, each) for each in {Precision.FLOAT32, precision}), head=head)
    images = parity_images(replace(subject, images=images), without_head(subject.model, head), plan)
    assert (len(images.test.names), len(images.part.names)) == (IMAGES if all_images else PART, PART)


def test_a_part_decodes_nothing_before_it_is_asked(whole):
    class Pictures(list):
        def __getitem__(self, index):
            asked.append(index)
            return super().__getitem__(index)

    asked = []
    part = replace(whole, pictures=Pictures(whole.pictures)).first(3)
    assert (len(part.pictures), asked) == (3, [])
    assert np.array_equal(part.pictures[-1], whole.pictures[2])
    assert len(part.pictures[1:]) == 2
    assert asked == [2, 1, 2]
    with pytest.raises(IndexError):
        part.pictures[3]


@pytest.mark.parametrize(
    ("head", "size", "asked"), [(Head.LOGITS, ANY_SIZE, 32), (Head.PROBABILITIES, ANY_SIZE, IMAGES), (Head.LOGITS, InputSize(48, 48), IMAGES)]
)
def test_what_a_run_kept_is_for_its_own_scores_of_pictures_as_they_are(subject, monkeypatch, head, size, asked):
    counts = []
    scores = Reference.scores

    def counted(self, pictures):
        answered = scores(self, pictures)
        counts.append(len(answered))
        return answered

    monkeypatch.setattr(Reference, "scores", counted)
    plan = ExportPlan(files=((Format.TFLITE, Precision.FLOAT32),), head=head, input_size=size)
    images = parity_images(subject, without_head(subject.model, head), plan)
    assert counts == [asked, len(images.pictures)]


def test_a_runtime_that_is_known_not_to_open_a_file_is_not_asked(exported, monkeypatch):
    monkeypatch.setattr(module, "installed_for", lambda kind: (RUNTIMES["litert"], RUNTIMES["tflite-runtime"]))
    for precision, names in ((Precision.MIXED, ["litert"]), (Precision.INT8, ["litert", "tflite-runtime"])):
        artifact = open_artifact(exported.folder / f"mobilenet-{precision}.tflite")
        assert [runtime.name for runtime in module._asked(artifact)] == names


def test_what_a_runtime_does_not_open_does_not_pass(exported, golden, whole, int8, monkeypatch):
    def refused(artifact, runtime, *pictures):
        raise SessionError("cannot be opened")

    gate = Gate(exported.labels, golden, whole)
    assert gate.passes(int8[0])
    monkeypatch.setattr(module, "answers", refused)
    gate = Gate(exported.labels, golden, whole)
    assert not gate.passes(int8[0])
    assert not gate.looks_right(int8[0], RUNTIMES["litert"])
