"""The model card: its header is data that hubs read, its words are measured, its code runs."""

import re
import shutil
import subprocess
import sys

import msgspec
import numpy as np
import pytest
import yaml

from edgekit.card import card
from edgekit.exporting.pipeline import export
from edgekit.exporting.plan import ExportPlan, files_in
from edgekit.exporting.source.source import of_run
from edgekit.spec.export import ANY_SIZE, Head, InputSize
from edgekit.spec.format import Precision
from edgekit.spec.progress import Silent
from edgekit.store.contract import Provenance
from edgekit.store.latency import LatencyTable
from edgekit.store.manifest import Manifest
from whole_records import WHOLE


def parts(text):
    _, header, body = text.split("---\n", 2)
    return yaml.safe_load(header), body


def test_the_header_is_what_model_hubs_read(exported, small_run):
    header, _ = parts(card(exported.manifest, ()))
    assert header["pipeline_tag"] == "image-classification"
    assert {"tflite", "onnx", "int8"} <= set(header["tags"])
    (index,) = header["model-index"]
    (found,) = index["results"]
    assert found["dataset"] == {"name": "letters", "type": "letters", "split": "test"}
    values = {metric["name"]: metric["value"] for metric in found["metrics"]}
    assert values["mobilenet-float32.tflite"] == pytest.approx(small_run.record.test_accuracy, abs=5e-5)


def test_it_says_how_right_the_model_is_class_by_class(exported, small_run):
    _, body = parts(card(exported.manifest, ()))
    table = body[body.index("class by class") :]
    for entry in exported.manifest.classes:
        assert f"| {entry.label} | {entry.images} | {entry.right} |" in table
    assert [entry.label for entry in exported.manifest.classes] == list(small_run.record.labels)
    assert sum(entry.images for entry in exported.manifest.classes) == 165
    assert sum(entry.right for entry in exported.manifest.classes) == round(165 * small_run.record.test_accuracy)


def test_each_file_says_on_how_many_test_images(exported):
    def of_more(record):
        return msgspec.structs.replace(record, tested=msgspec.structs.replace(record.tested, images=1000)) if "int8" in record.file else record

    checks = msgspec.structs.replace(exported.manifest.checks, parity=tuple(of_more(record) for record in exported.manifest.checks.parity))
    _, body = parts(card(msgspec.structs.replace(exported.manifest, checks=checks), ()))
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in body.splitlines() if line.startswith(("| file ", "| mobilenet"))]
    column = rows[0].index("test images")
    found = {row[0]: row[column] for row in rows[1:] if len(row) == len(rows[0])}
    assert {name: images for name, images in found.items() if name.endswith("float32.tflite")} == {"mobilenet-float32.tflite": "165"}
    assert {images for name, images in found.items() if "int8" in name} == {"1000"}


def test_what_an_int8_file_does_without_is_told(exported):
    def body_with(**lost):
        """Whatever the bundle's own files lost, the int8 TFLite file did without this, and the others without nothing."""
        artifacts = tuple(
            msgspec.structs.replace(entry, **({"left_out": (), "layers_in_float": ()} | (lost if entry.file == "mobilenet-int8.tflite" else {})))
            for entry in exported.manifest.artifacts
        )
        return parts(card(msgspec.structs.replace(exported.manifest, artifacts=artifacts), ()).replace("\\", ""))[1]

    body = body_with(left_out=("use-winograd",), layers_in_float=("conv_1", "full_2"))
    line = "mobilenet-int8.tflite lost too much with all that its tuning has in int8. It does without use-winograd. In float32 are conv_1, full_2."
    assert f"- {line}" in body
    assert body.count("lost too much") == 1
    assert "lost too much" not in body_with()


def test_a_licence_that_was_given_stands_where_hubs_look_for_it(exported):
    header, body = parts(card(msgspec.structs.replace(exported.manifest, licence="Apache-2.0"), ()))
    assert header["license"] == "apache-2.0"
    assert "- licence: Apache-2.0" in body


def test_nothing_that_is_not_known_is_filled_in(exported):
    untold = msgspec.structs.replace(
        exported.manifest,
        classes=(),
        checks=msgspec.structs.replace(
            exported.manifest.checks, parity=tuple(msgspec.structs.replace(record, tested=None) for record in exported.manifest.checks.parity)
        ),
    )
    header, body = parts(card(untold, ()))
    assert "model-index" not in header
    assert "license" not in header
    body = re.sub(r"```.*?```", "", body, flags=re.DOTALL)
    for word in ("None", "top-1 on", "class by class", "Latency", "n/a", "nan"):
        assert word not in body


def test_words_of_users_are_shown_as_they_are(exported):
    classes = (msgspec.structs.replace(exported.manifest.classes[0], label="<script>alert(1)</script> | x"), *exported.manifest.classes[1:])
    text = card(msgspec.structs.replace(exported.manifest, name='a: "b" <script>', classes=classes), ())
    header, body = parts(text)
    assert header["model-index"][0]["name"] == 'a: "b" <script>'
    assert "<script>" not in body
    assert "&lt;script>alert(1)&lt;/script> \\| x" in body


def test_nothing_of_a_record_is_markup_or_unseen():
    hostile = "<img src=x onerror=y> ![i](http://x) \x1b[31m\u202e\n# b"
    manifest = WHOLE[Manifest]
    provenance = Provenance(run=hostile, recipe=hostile, dataset=hostile, file=hostile, model_sha256="", versions={hostile: hostile})
    artifacts = tuple(msgspec.structs.replace(entry, provenance=provenance, left_out=(hostile,), tuning=hostile) for entry in manifest.artifacts)
    checks = msgspec.structs.replace(manifest.checks, machine=hostile)
    classes = (msgspec.structs.replace(manifest.classes[0], label=hostile),)
    measured = [msgspec.structs.replace(row, machine=hostile, runtime=hostile, started_at=hostile) for row in WHOLE[LatencyTable].rows]
    changed = {"name": hostile, "story": hostile, "licence": hostile, "artifacts": artifacts, "checks": checks, "classes": classes}
    text = card(msgspec.structs.replace(manifest, **changed), measured)
    header, body = parts(text)
    assert header["model-index"][0]["name"] == hostile
    assert "<img" not in body
    assert "![" not in body
    assert not [line for line in body.splitlines() if line.startswith("# b")]
    assert not {"\x1b", "\u202e"} & set(text)
    assert body.count(r"\u202e") > 5


def test_a_label_is_no_link_and_no_picture(exported):
    classes = (
        msgspec.structs.replace(exported.manifest.classes[0], label="![x](https://example.org/p.png) __init__ 📷"),
        *exported.manifest.classes[1:],
    )
    header, body = parts(card(msgspec.structs.replace(exported.manifest, name="📷", classes=classes), ()))
    assert "!\\[x\\](https://example.org/p.png) \\_\\_init\\_\\_ 📷" in body
    assert header["model-index"][0]["name"] == "📷"


def test_names_in_code_are_not_escaped(exported):
    artifacts = tuple(msgspec.structs.replace(entry, file=f"my_{entry.file}") for entry in exported.manifest.artifacts)
    parity = tuple(msgspec.structs.replace(record, file=f"my_{record.file}") for record in exported.manifest.checks.parity)
    text = card(
        msgspec.structs.replace(exported.manifest, artifacts=artifacts, checks=msgspec.structs.replace(exported.manifest.checks, parity=parity)), ()
    )
    code = "".join(re.findall(r"```.*?```", text, re.DOTALL))
    assert code.count("my_mobilenet-float32") == 6
    assert "\\" not in code


def surest(run):
    """The test image whose first class is furthest ahead: another resize of the photograph, as examples have, changes no answer."""
    scores = run.answers()
    return max(scores, key=lambda name: np.subtract(*np.sort(scores[name])[:-3:-1]))


@pytest.mark.parametrize("kind", ["any", "fixed", "features"])
def test_its_code_runs(exported, small_run, small_folder, tmp_path, kind):
    head = Head.FEATURES if kind == "features" else Head.LOGITS
    size = InputSize(48, 40) if kind == "fixed" else ANY_SIZE
    if kind == "any":
        folder = exported.folder
    else:
        plan = ExportPlan(files=files_in(precisions=[Precision.FLOAT32]), head=head, input_size=size)
        folder = export(of_run(small_run), plan, tmp_path, progress=Silent()).folder
    here = tmp_path / "here"
    shutil.copytree(folder, here)
    shutil.copy(small_folder / surest(small_run), here / "photo.png")
    blocks = re.findall(r"```python\n(.*?)```", (here / "README.md").read_text(), re.DOTALL)
    assert len(blocks) == 3
    answers = []
    for code in blocks:
        done = subprocess.run([sys.executable, "-c", code.replace("photo.jpg", "photo.png")], cwd=here, capture_output=True, text=True, check=True)
        answers.append(done.stdout.splitlines()[-1])
    if kind == "features":
        assert parts((here / "README.md").read_text())[0]["pipeline_tag"] == "image-feature-extraction"
    else:
        labels = (here / "labels.txt").read_text().splitlines()
        assert answers == [answers[0], str(labels.index(answers[0])), str(labels.index(answers[0]))]
