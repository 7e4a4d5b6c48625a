"""What holds for every task in every format, precision, runtime and head: Keras' own probabilities, and the decisions worked out by hand."""

import itertools
import json

import keras
import numpy as np
import pytest
from PIL import Image

import edgekit
from colours import COLOURS, by_mean, levels_of, score, write
from edgekit.datasets.decode import decode
from edgekit.exporting.pipeline import export
from edgekit.exporting.plan import ExportPlan, files_in
from edgekit.exporting.source.foreign import ForeignOptions
from edgekit.exporting.source.keras_model import of_file
from edgekit.runtimes.base import installed_for
from edgekit.spec.export import Head
from edgekit.spec.format import DEFAULT_PRECISIONS, Format, Precision
from edgekit.spec.progress import Silent
from edgekit.spec.target import Target
from edgekit.spec.task import Task
from edgekit.verifying.bundle import verify_bundle, verify_file
from edgekit.verifying.lint.lint import lint_file

SETS = [names for count in range(4) for names in itertools.combinations(COLOURS, count)]  # eight, the empty one too
CHANNELS = {Task.BINARY: (0,), Task.MULTILABEL: (0, 1, 2), Task.CLASSES: (0, 1, 2)}
LABELS = {Task.BINARY: ("other", "red"), Task.MULTILABEL: COLOURS, Task.CLASSES: COLOURS}
ACTIVATION = {Task.BINARY: "sigmoid", Task.MULTILABEL: "sigmoid", Task.CLASSES: "softmax"}
QUICK = [(Task.BINARY, Head.LOGITS), (Task.MULTILABEL, Head.PROBABILITIES)]
EVERY = [(task, head) for task in Task for head in (Head.LOGITS, Head.PROBABILITIES)]


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    return write(
        tmp_path_factory.mktemp("photographs"), {f"{'-'.join(names) or 'none'}-{index}.png": levels_of(names) for names in SETS for index in range(2)}
    )


def made(folder, photographs, task, head, precisions, *, given=()):
    by_mean(CHANNELS[task], ACTIVATION[task]).save(folder / "net.keras")
    (folder / "labels.txt").write_text("\n".join(LABELS[task]))
    truth = ["image,labels", *(f"{path.name},{';'.join(right(task, path.stem))}" for path in sorted(photographs.iterdir()) if right(task, path.stem))]
    if task is Task.MULTILABEL:
        truth += [f"{path.name}," for path in sorted(photographs.iterdir()) if not right(task, path.stem)]
    (folder / "truth.csv").write_text("\n".join(truth))
    options = ForeignOptions(labels=folder / "labels.txt", golden=photographs, truth=folder / "truth.csv", thresholds=given, head=head)
    subject = of_file(folder / "net.keras", options, progress=Silent())
    plan = ExportPlan(files=files_in(precisions=precisions), head=head)
    return export(subject, plan, folder / "exported", progress=Silent())


def right(task, stem):
    """The labels of a photograph, by its name; of classes those where one colour alone is there."""
    names = [name for name in COLOURS if name in stem]
    if task is Task.BINARY:
        return ["red" if "red" in names else "other"]
    return names if task is Task.MULTILABEL or len(names) == 1 else []


def probabilities(task, pixels):
    """By NumPy: of each label."""
    logits = np.array([score(pixels, channel) for channel in CHANNELS[task]])
    if task is Task.CLASSES:
        return np.exp(logits) / np.exp(logits).sum()
    each = 1 / (1 + np.exp(-logits))
    return each if task is Task.MULTILABEL else np.array([1 - each[0], each[0]])


def holds(task, head, bundle, photographs, model):
    """What each file answers to each photograph in each runtime."""
    files = [path for path in sorted(photographs.iterdir()) if right(task, path.stem) or task is Task.MULTILABEL]
    pixels = [decode(path) for path in files]
    trained = model.predict(np.stack(pixels).astype(np.float32), verbose=0)
    for entry in bundle.manifest.artifacts:
        near = {Precision.INT8: 0.06, Precision.DYNAMIC: 0.06}.get(entry.precision, 1e-2 if entry.precision is not Precision.FLOAT32 else 1e-4)
        for runtime in installed_for(entry.format):
            classifier = edgekit.load(bundle.folder / entry.file, runtime=runtime.name)
            assert (classifier.task, classifier.labels) == (task, LABELS[task])
            for path, image, keras_says in zip(files, pixels, trained, strict=True):
                found, wanted = classifier.predict(path), probabilities(task, image)
                assert np.allclose(wanted[-len(keras_says) :], keras_says, atol=1e-5)
                assert np.allclose(found.probabilities, wanted, atol=near), (entry.file, runtime.name, path.name)
                assert found.labels == tuple(right(task, path.stem)), (entry.file, runtime.name, path.name)
                assert found.label == LABELS[task][found.index]
                assert found.index == int(np.argmax(found.probabilities))
                assert found.score == found.scores[0 if task is Task.BINARY else found.index]
                assert np.isclose(found.probability, wanted[found.index], atol=near)


def check(folder, photographs, task, head, precisions):
    bundle = made(folder, photographs, task, head, precisions)
    assert (bundle.manifest.task, bundle.labels) == (task, LABELS[task])
    assert bundle.manifest.thresholds == ((0.5,) * len(CHANNELS[task]) if task is not Task.CLASSES else ())
    holds(task, head, bundle, photographs, keras.models.load_model(folder / "net.keras"))
    for record in bundle.manifest.checks.parity:
        assert (record.tested.share, record.tested.drop, record.agreement) == (1.0, 0.0, 1.0)
        assert record.tested.f1 == (1.0 if task is Task.MULTILABEL else None)
        decisions = len(CHANNELS[task]) if task is Task.MULTILABEL else 1
        assert record.tested.images * decisions <= record.counted <= record.images * decisions
    shows = {label: sum(label in right(task, path.stem) for path in photographs.iterdir()) for label in LABELS[task]}
    assert {count.label: (count.images, count.right) for count in bundle.manifest.classes} == {
        label: (count, count) for label, count in shows.items()
    }
    assert all(found.passed for found in verify_bundle(bundle) if found.compared)
    assert [found.detail for found in verify_bundle(bundle) if found.passed is False] == []
    for entry in bundle.manifest.artifacts:
        contract = bundle.artifact(entry).contract
        assert (contract.task, contract.thresholds) == (task, bundle.manifest.thresholds)
        assert all(found.passed for found in verify_file(bundle.folder / entry.file) if found.compared)
        if entry.format is Format.TFLITE:
            assert [found.detail for found in lint_file(bundle.folder / entry.file, Target.MEDIAPIPE)] == ["fits"]
    told(bundle, task)
    return bundle


@pytest.mark.parametrize(("task", "head"), QUICK)
def test_a_task(tmp_path, photographs, task, head):
    bundle = check(tmp_path, photographs, task, head, DEFAULT_PRECISIONS)
    mediapipe_says(bundle, photographs, task, head)


@pytest.mark.sweep
@pytest.mark.parametrize(("task", "head"), EVERY)
def test_a_task_in_every_precision(tmp_path, photographs, task, head):
    check(tmp_path, photographs, task, head, tuple(Precision))


def told(bundle, task):
    """What stands in the records of a bundle."""
    manifest, golden = (json.loads((bundle.folder / name).read_text()) for name in ("manifest.json", "golden.json"))
    assert (manifest["task"], manifest["thresholds"]) == (task.value, list(bundle.manifest.thresholds))
    for image in golden["images"]:
        of_image = image["labels"] if task is Task.MULTILABEL else [image["label"]]
        assert [LABELS[task][index] for index in of_image] == right(task, image["source"])
        assert image["label"] is None or task is not Task.MULTILABEL


def mediapipe_says(bundle, photographs, task, head):
    """It names the one score of a binary head by the second label, and each of several by its own."""
    vision = pytest.importorskip("mediapipe.tasks.python.vision")
    from mediapipe import Image as Shown
    from mediapipe import ImageFormat
    from mediapipe.tasks.python import BaseOptions

    file = next(entry.file for entry in bundle.manifest.artifacts if entry.format is Format.TFLITE and entry.precision is Precision.FLOAT32)
    options = vision.ImageClassifierOptions(base_options=BaseOptions(model_asset_path=str(bundle.folder / file)))
    with vision.ImageClassifier.create_from_options(options) as client:
        for name in ("red-0.png", "blue-0.png"):
            pixels = np.asarray(Image.open(photographs / name))
            found = {
                category.category_name: category.score
                for category in client.classify(Shown(image_format=ImageFormat.SRGB, data=pixels)).classifications[0].categories
            }
            each = dict(zip(LABELS[task][-len(CHANNELS[task]) :], (score(pixels, channel) for channel in CHANNELS[task]), strict=True))
            assert found.keys() == each.keys()
            assert all(
                np.isclose(found[label], logit if head is Head.LOGITS else 1 / (1 + np.exp(-logit)), atol=1e-3) for label, logit in each.items()
            )


def test_thresholds_of_ones_own(tmp_path, photographs):
    """At 105 + 13 of 255 the logit is 1.02, a probability of 73.5 %."""
    bundle = made(tmp_path, photographs, Task.MULTILABEL, Head.LOGITS, [Precision.FLOAT32], given=("0.9", "green=0.6"))
    assert bundle.manifest.thresholds == (0.9, 0.6, 0.9)
    between = write(tmp_path / "between", {"all.png": (73, 73, 73)}) / "all.png"
    for entry in bundle.manifest.artifacts:
        found = edgekit.load(bundle.folder / entry.file).predict(between)
        assert found.labels == ("green",)
        assert np.allclose(found.probabilities, 0.735, atol=0.03)


def test_the_features_of_any_task_are_those_of_its_last_layer(tmp_path, photographs):
    bundle = made(tmp_path, photographs, Task.BINARY, Head.FEATURES, [Precision.FLOAT32])
    pixels = decode(photographs / "red-0.png")
    for entry in bundle.manifest.artifacts:
        assert np.allclose(edgekit.load(bundle.folder / entry.file).embed(pixels), pixels.mean(axis=(0, 1)) / 255, atol=1e-5)
    assert (bundle.manifest.task, bundle.manifest.thresholds, bundle.labels) == (Task.CLASSES, (), LABELS[Task.BINARY])
