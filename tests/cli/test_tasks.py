"""Heads that are no softmax over classes, as a person exports and asks them: one score, and several labels each by itself."""

import csv
import io
import json

import msgspec
import numpy as np
import pytest

import edgekit
from colours import COLOURS, by_mean, levels_of, score, write
from edgekit.datasets.decode import decode
from edgekit.spec.task import CLASSES, Task
from edgekit.store.bundle import open_bundle
from edgekit.store.contract import Contract

ONE_FILE = ("--precision", "float32", "--format", "tflite")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Photographs of reds and blues in class folders, and of red and green together without any."""
    folder = tmp_path_factory.mktemp("tasks")
    write(folder / "photographs", {f"{name}/{index}.png": levels_of([name]) for name in ("red", "blue") for index in range(6)})
    write(folder / "mixed", {f"{'-'.join(names) or 'none'}.png": levels_of(names) for names in (["red", "green"], ["blue"], [], ["green"])})
    by_mean((0,), None).save(folder / "logit.keras")
    by_mean((0,), "sigmoid").save(folder / "sigmoid.keras")
    by_mean((0, 1, 2), "sigmoid").save(folder / "several.keras")
    for name, lines in {"dog": "dog\n", "two": "no dog\ndog\n", "colours": "red\ngreen\nblue\n"}.items():
        (folder / f"{name}.txt").write_text(lines)
    return folder


def refused(edgekit_cli, *arguments):
    status, out, err = edgekit_cli("export", *arguments)
    lines = [line for line in err.splitlines() if line.startswith(("error:", "hint:"))]
    assert (out, len(lines)) == ("", 2), err
    return status, *lines


def exported(edgekit_cli, out, *arguments):
    status, told, err = edgekit_cli("export", *arguments, "--out", out, *ONE_FILE)
    assert status == 0, err
    return open_bundle(next(out.iterdir())), told, err


def test_one_logit_with_a_label_is_asked_for_its_task(edgekit_cli, place, tmp_path):
    """Each hint is of use: what it says is taken, or says in its turn what is missing."""
    common = (place / "logit.keras", "--golden", place / "photographs", "--out", tmp_path)
    for labels in ((), ("--labels", place / "dog.txt"), ("--labels", place / "two.txt")):
        status, error, hint = refused(edgekit_cli, *common, *labels)
        assert (status, "one score, and does not say what it means" in error) == (2, True)
        assert all(f"--task {task.value}" in hint for task in Task)
    status, error, hint = refused(edgekit_cli, *common, "--labels", place / "dog.txt", "--task", "binary")
    assert (status, "two labels, the second of which a high score means" in error) == (1, True)
    assert "--task multilabel" in hint
    status, error, hint = refused(edgekit_cli, *common, "--labels", place / "dog.txt", "--task", "classes")
    assert (status, "chooses among no classes" in error) == (2, True)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("head", ["logits", "probabilities"])
def test_one_sigmoid_is_exported_with_either_head(edgekit_cli, place, tmp_path, head):
    """Without labels the class folders give them, as Keras numbers them: of blue and red a high score means red."""
    bundle, told, err = exported(edgekit_cli, tmp_path, place / "sigmoid.keras", "--golden", place / "photographs", "--head", head)
    assert (bundle.manifest.task, bundle.labels, bundle.manifest.thresholds) == (Task.BINARY, ("blue", "red"), (0.5,))
    assert "binary: a probability above 0.5 means red, any other blue" in err
    assert "a probability above 0.5 means red, any other blue" in told
    assert "100.0 %" in told
    assert [(count.label, count.images, count.right) for count in bundle.manifest.classes] == [("blue", 6, 6), ("red", 6, 6)]
    status, out, _ = edgekit_cli("predict", bundle.folder, place / "photographs", "--json")
    answers = {tuple(answer["image"].split("/")[-2:]): answer for answer in json.loads(out)}
    assert status == 0
    for (folder, name), answer in answers.items():
        p = 1 / (1 + np.exp(-score(decode(place / "photographs" / folder / name), 0)))
        assert (answer["class"], answer["labels"], answer["task"]) == (folder, [folder], "binary")
        assert np.allclose(answer["probabilities"], [1 - p, p], atol=1e-4)
        assert np.isclose(answer["probability"], max(p, 1 - p), atol=1e-4)


def test_a_threshold_is_kept(edgekit_cli, place, tmp_path):
    """A red of 99 % is none above 0.999."""
    options = ("--task", "binary", "--labels", place / "two.txt", "--threshold", "0.999", "--golden", place / "photographs")
    bundle, told, _ = exported(edgekit_cli, tmp_path, place / "logit.keras", *options)
    assert "a probability above 0.999 means dog, any other no dog" in told
    assert "above 0.999 means dog" in (bundle.folder / "README.md").read_text()
    assert edgekit.load(bundle.folder).predict(place / "photographs/red/0.png").label == "no dog"
    manifest = bundle.folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace("0.999", "0.5"))
    status, out, _ = edgekit_cli("verify", bundle.folder)
    assert status == 4
    assert "the file and its bundle differ in: thresholds" in out


def test_several_labels_in_every_form_of_an_answer(edgekit_cli, place, tmp_path):
    options = ("--labels", place / "colours.txt", "--golden", place / "mixed")
    bundle, told, err = exported(edgekit_cli, tmp_path, place / "several.keras", *options)
    assert (bundle.manifest.task, bundle.manifest.classes) == (Task.MULTILABEL, ())
    assert "--truth FILE.csv" in err
    assert "each label by itself, above a probability of 0.5" in told
    status, out, _ = edgekit_cli("predict", bundle.folder, place / "mixed", "--csv", tmp_path / "answers.csv")
    assert (status, "strongest" in out) == (0, True)
    [line] = [line for line in out.splitlines() if "none.png" in line]
    assert " – " in line
    rows = {row["image"].split("/")[-1]: row for row in csv.DictReader(io.StringIO((tmp_path / "answers.csv").read_text()))}
    assert {name: row["labels"] for name, row in rows.items()} == {
        "red-green.png": "red;green",
        "blue.png": "blue",
        "none.png": "",
        "green.png": "green",
    }
    assert rows["blue.png"]["strongest"] == "blue"
    answers = json.loads(edgekit_cli("predict", bundle.folder, place / "mixed", "--json")[1])
    for answer in answers:
        assert answer["labels"] == [label for label, p in zip(COLOURS, answer["probabilities"], strict=True) if p > 0.5]
        assert answer["probability"] == max(answer["probabilities"])


def test_options_of_models_from_elsewhere(edgekit_cli, place, tmp_path):
    several = (place / "several.keras", "--golden", place / "mixed", "--out", tmp_path)
    assert "--task classes" in refused(edgekit_cli, *several, "--task", "classes")[1]
    assert "this model has several" in refused(edgekit_cli, *several, "--task", "binary")[1]
    assert "between 0 and 1" in refused(edgekit_cli, *several, "--threshold", "2")[1]
    assert "pink=0.5" in refused(edgekit_cli, *several, "--threshold", "pink=0.5")[1]
    (tmp_path / "truth.csv").write_text("none.png,pink\n")
    assert "line 1: no such label: pink" in refused(edgekit_cli, *several, "--truth", tmp_path / "truth.csv")[1]


def test_one_number_that_is_of_no_class_has_no_probability(edgekit_cli, place, tmp_path):
    bundle, _, _ = exported(edgekit_cli, tmp_path, place / "logit.keras", "--task", "classes", "--golden", place / "photographs")
    photograph = place / "photographs/red/0.png"
    found = edgekit.load(bundle.folder).predict(photograph)
    assert np.isclose(found.score, score(decode(photograph), 0), atol=1e-3)
    assert np.isnan(found.probability)
    [answer] = json.loads(edgekit_cli("predict", bundle.folder, photograph, "--json")[1])
    assert answer["probability"] is None
    assert "100.0 %" not in edgekit_cli("predict", bundle.folder, photograph)[1]
    known = msgspec.to_builtins(bundle.artifact(bundle.manifest.artifacts[0]).contract)
    for name in ("task", "thresholds"):
        del known[name]
    old = msgspec.convert(known, Contract)  # of an older edgekit
    assert (old.task, old.thresholds, old.decision) == (Task.CLASSES, (), CLASSES)
