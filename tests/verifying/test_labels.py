"""Labels in another order, wherever they were changed: what was left as it was tells."""

import hashlib
import json

import msgspec
import numpy as np
import pytest

from edgekit.exporting.formats import embed
from edgekit.spec.format import Precision
from edgekit.store.bundle import MANIFEST_FILE, Bundle, open_bundle
from edgekit.store.contract import read_embedded
from edgekit.store.manifest import ClassCount
from edgekit.verifying.bundle import verify_bundle
from edgekit.verifying.labels import label_checks

SWAPPED = {"alef": "heh", "heh": "alef"}


def swap(bundle):
    """Two labels in each other's place: in every file (of a bundle of two), in labels.txt, in the manifest's hashes."""
    labels = tuple(SWAPPED.get(label, label) for label in bundle.labels)
    text = "".join(f"{label}\n" for label in labels).encode()
    (bundle.folder / "labels.txt").write_bytes(text)
    records = []
    for entry in (entry for entry in bundle.manifest.artifacts if entry.precision is Precision.MIXED):
        path = bundle.folder / entry.file
        inside, data = read_embedded(path), path.read_bytes()
        bare = data[: data.index(b"PK\x03\x04")] if path.suffix == ".tflite" else data
        path.write_bytes(embed(bare, msgspec.structs.replace(inside.contract, labels=labels), inside.pictures))
        records.append(msgspec.structs.replace(entry, sha256=hashlib.sha256(path.read_bytes()).hexdigest()))
    manifest = msgspec.structs.replace(bundle.manifest, artifacts=tuple(records), labels_sha256=hashlib.sha256(text).hexdigest())
    (bundle.folder / MANIFEST_FILE).write_bytes(msgspec.json.encode(manifest))


def failed(bundle):
    return {check.subject: check.detail for check in verify_bundle(bundle) if check.passed is False}


def test_a_sound_bundle_has_nothing_against_its_labels(exported):
    assert label_checks(exported) == []


def test_labels_swapped_everywhere_but_in_the_manifests_classes(bundle_copy, edgekit_cli):
    swap(open_bundle(bundle_copy))
    status, out, err = edgekit_cli("verify", bundle_copy, "--json")
    assert status == 4
    found = {check["subject"]: check["detail"] for check in json.loads(out) if check["passed"] is False}
    assert found.keys() == {"labels, manifest.json", "labels, golden.json"}
    assert "classes: alef, heh, kaf, meem, sheen; labels: heh, alef, kaf, meem, sheen" in found["labels, manifest.json"]
    assert "not in the order of the manifest's classes" in err


def test_labels_swapped_in_the_manifest_too_are_told_by_the_folders_of_the_golden_images(bundle_copy):
    swap(open_bundle(bundle_copy))
    path = bundle_copy / MANIFEST_FILE
    manifest = json.loads(path.read_text())
    for entry in manifest["classes"]:
        entry["label"] = SWAPPED.get(entry["label"], entry["label"])
    path.write_text(json.dumps(manifest))
    assert failed(open_bundle(bundle_copy)) == {
        "labels, golden.json": "golden images of one class are from another's folder: heh is alef, alef is heh",
    }


def made_up(exported, golden_labels, tops, *, rights):
    """Golden images without a folder, each answered with a class that the trained model is sure of; of 100 test images a class ``rights`` are right."""
    classes, image = len(rights), exported.golden.plain[0]
    names = tuple(f"name {index}" for index in range(classes))
    images = tuple(
        msgspec.structs.replace(image, label=label, source=f"{number}.png", scores=tuple((9.0 * (np.arange(classes) == top)).tolist()))
        for number, (label, top) in enumerate(zip(golden_labels, tops, strict=True))
    )
    counts = tuple(ClassCount(label=name, images=100, right=right) for name, right in zip(names, rights, strict=True))
    golden = msgspec.structs.replace(exported.golden, images=images, own={})
    first = exported.manifest.artifacts[0]
    entry = msgspec.structs.replace(first, output=msgspec.structs.replace(first.output, shape=(1, classes)))
    return Bundle(exported.folder, msgspec.structs.replace(exported.manifest, classes=counts, artifacts=(entry,)), names, golden)


def test_another_order_that_fits_the_answers_far_better_is_named(exported):
    true = [0, 1, 2, 3] * 6
    told = [{0: 2, 2: 0}.get(label, label) for label in true]
    (check,) = label_checks(made_up(exported, told, true, rights=[95] * 4))
    # The surest two thirds are looked at: all are alike here, so the first sixteen.
    assert "on 8 of 16, and on 16 in another order: name 0 is name 2, name 2 is name 0" in check.detail


def test_a_turn_of_three_classes_is_named(exported):
    true = [0, 1, 2, 3] * 6
    told = [{0: 1, 1: 2, 2: 0}.get(label, label) for label in true]
    (check,) = label_checks(made_up(exported, told, true, rights=[95] * 4))
    assert "name 0 is name 2, name 1 is name 0, name 2 is name 1" in check.detail


def test_labels_that_fit_in_no_order_are_fewer_right_than_the_manifest_says(exported):
    true, told = [0, 1, 2, 3] * 6, [number // 4 % 4 for number in range(24)]
    found = label_checks(made_up(exported, told, true, rights=[95] * 4))
    assert len(found) == 1
    assert "by the manifest, 15 are to be expected" in found[0].detail


@pytest.mark.parametrize("rights", [[33, 33, 33], [60, 55, 98], [0, 0, 0]])
def test_a_model_that_is_often_wrong_is_no_other_order(exported, rights):
    """Classes that it takes for each other, as its test images told."""
    rng = np.random.default_rng(0)
    told = np.arange(30) % 3
    right = rng.random(30) < np.array(rights)[told] / 100
    tops = np.where(right, told, (told + 1 + rng.integers(0, 2, 30)) % 3)
    assert label_checks(made_up(exported, told.tolist(), tops.tolist(), rights=rights)) == []


def test_chance_seldom_looks_like_another_order(exported):
    """Of 200 sound bundles of twenty classes with two images each, none."""
    rng, told = np.random.default_rng(1), np.arange(40) % 20
    for _ in range(200):
        right = rng.random(40) < 0.8
        tops = np.where(right, told, (told ^ 1) % 20)  # wrong ones always for the same other class
        assert label_checks(made_up(exported, told.tolist(), tops.tolist(), rights=[80] * 20)) == []


def test_golden_images_of_unknown_class_tell_nothing(exported):
    images = tuple(msgspec.structs.replace(image, label=None) for image in exported.golden.images)
    golden = msgspec.structs.replace(exported.golden, images=images)
    assert label_checks(Bundle(exported.folder, msgspec.structs.replace(exported.manifest, classes=()), exported.labels, golden)) == []
