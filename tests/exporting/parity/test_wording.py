"""What users read where a file is refused: whole sentences."""

import pytest

from edgekit.exporting.parity.verdict import (
    AccuracyBelow,
    AgreementBelow,
    ErrorBeyond,
    LabelBeyond,
    LabelsBeyond,
    LimitBroken,
    NothingCounts,
    OtherScores,
    ScoreBeyond,
)
from edgekit.exporting.parity.wording import refusal, told
from edgekit.spec.runtime import RUNTIMES
from edgekit.spec.task import Task
from edgekit.store.bundle import open_artifact

NAMES = ["a.png (plain)", "b.png (test)"]
SENTENCES = [
    (ScoreBeyond(0.0123, 0.01, 1), "largest difference 1.2e-02 of the range (limit 1.0e-02), worst image: b.png (test)"),
    (ScoreBeyond(1.003e-4, 1e-4, 0), "largest difference 1.003e-04 of the range (limit 1.000e-04), worst image: a.png (plain)"),
    (ScoreBeyond(float("inf"), 1e-4, 0), "largest difference inf of the range (limit 1.0e-04), worst image: a.png (plain)"),
    (ErrorBeyond(0.2, 0.01, 0, of_all=False), "relative error 2.0e-01 (limit 1.0e-02), worst image: a.png (plain)"),
    (ErrorBeyond(0.2, 0.1, 1, of_all=True), "relative error of all images together 2.0e-01 (limit 1.0e-01), worst image: b.png (test)"),
    (AgreementBelow(0.98, 0.99, 240, 1), "agreement 0.9800 on 240 images (limit 0.9900), worst image: b.png (test)"),
    (AgreementBelow(0.98999, 0.99, 240, 1), "agreement 0.98999 on 240 images (limit 0.99000), worst image: b.png (test)"),
    (LabelBeyond(1, 3, 10, 0), "`dog` is decided otherwise on 3 of 10 images that have it, worst image: a.png (plain)"),
    (LabelsBeyond(5, 400, 0.01, 1), "5 of 400 labels are decided otherwise (limit 0.01 of them), worst image: b.png (test)"),
    (LabelsBeyond(5, 400, 1 - 0.99, 1), "5 of 400 labels are decided otherwise (limit 0.01 of them), worst image: b.png (test)"),
    (AccuracyBelow(0.98, 1.0, 0.005, 1), "accuracy 0.9800 instead of 1.0000 (limit −0.005), worst image: b.png (test)"),
]


def sentence(breach, task=Task.CLASSES):
    return told(breach, NAMES, labels=["cat", "dog"], task=task)


@pytest.mark.parametrize(("breach", "said"), SENTENCES)
def test_every_limit_has_its_sentence(breach, said):
    assert sentence(breach) == said


def test_no_sentence_is_missing():
    assert {type(breach) for breach, _ in SENTENCES} | {NothingCounts} == {*LimitBroken.__args__}


def test_what_nothing_counts_means_depends_on_the_task():
    assert sentence(NothingCounts(0.05)) == "no image on which the trained model's two highest scores are further apart than 5.0e-02 of the range"
    said = "no image on which the trained model's score is further from its threshold than 5.0e-02 of the range"
    assert {sentence(NothingCounts(0.05), task) for task in (Task.BINARY, Task.MULTILABEL)} == {said}


@pytest.mark.parametrize(
    ("file", "hint"),
    [
        ("mobilenet-float32.onnx", "nothing was published"),
        ("mobilenet-int8.onnx", "nothing was published; another precision may pass: --precision float32"),
    ],
)
def test_the_error_names_file_runtime_and_what_it_is_held_against(exported, file, hint):
    artifact = open_artifact(exported.folder / file)
    error = refusal(ScoreBeyond(0.0123, 0.01, 1), artifact, RUNTIMES["openvino"], "keras", NAMES)
    assert error.message == f"{file} in openvino does not answer as keras does: {SENTENCES[0][1]}"
    assert (error.hint, error.exit_status) == (hint, 4)
    labels = artifact.contract.labels
    assert f"`{labels[1]}` is decided otherwise" in refusal(LabelBeyond(1, 3, 10, 0), artifact, RUNTIMES["openvino"], "keras", NAMES).message


def test_another_number_of_scores_is_no_limit(exported):
    artifact = open_artifact(exported.folder / "mobilenet-int8.tflite")
    error = refusal(OtherScores(3, 5), artifact, RUNTIMES["litert"], "mobilenet-float32.tflite", NAMES)
    assert (error.message, error.hint) == ("mobilenet-int8.tflite answers 3 scores, mobilenet-float32.tflite 5", "export again")
