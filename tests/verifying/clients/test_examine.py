"""What is said of clients, by clients that answer what a test wants."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from edgekit.errors import SessionError
from edgekit.spec.format import Format
from edgekit.spec.progress import Silent
from edgekit.verifying.clients import examine as module
from edgekit.verifying.clients.examine import examine_bundle, examine_file
from edgekit.verifying.clients.table import CLIENTS, Client

FILE = "mobilenet-float32.tflite"


@pytest.fixture
def alone(exported):
    entries = tuple(entry for entry in exported.manifest.artifacts if entry.file == FILE)
    return replace(exported, manifest=msgspec.structs.replace(exported.manifest, artifacts=entries))


@pytest.fixture
def clients(monkeypatch):
    """One of any size, one of the declared size alone, one of another format, one that is not installed; and how each was asked."""
    made = {
        name: Client(name=name, package="numpy", import_name=imported, adapter="none", formats=formats, any_size=any_size)
        for name, imported, formats, any_size in (
            ("any", "numpy", (Format.TFLITE, Format.ONNX), True),
            ("fixed", "numpy", (Format.TFLITE,), False),
            ("other", "numpy", (Format.ONNX,), True),
            ("missing", "not_there", (Format.TFLITE,), True),
        )
    }
    own = {name: client for name, client in CLIENTS.items() if client.adapter is None}
    monkeypatch.setattr(module, "CLIENTS", made)
    asked = []

    def answers_of(client, artifact, images, memory_bytes):
        asked.append((client.name, [image.shape for image in images], memory_bytes))
        return asked.answers(client, len(images))

    class Asked(list):
        def answers(self, client, count):
            return self.table[client.name][:count] if client.name in self.table else self.recorded[:count]

    asked = Asked()
    asked.table, asked.recorded = {}, None
    monkeypatch.setattr(module, "answers_of", answers_of)
    return asked, made, own


def test_each_client_of_the_format_that_is_installed_is_asked(alone, clients):
    asked, made, own = clients
    made |= own
    recorded = asked.recorded = np.array(alone.golden.own[FILE].scores, np.float32)
    found = examine_bundle(alone, Silent(), memory_bytes=7)
    subjects = [check.subject.split()[0] for check in found]
    assert subjects[:2] == ["any", "fixed"]
    assert not {"other", "missing"} & set(subjects)
    assert [check.passed for check in found[:2]] == [True, True]
    assert found[0].detail.startswith(f"{len(recorded)} images, largest difference 0")
    assert f"{len(recorded)} images of the declared 48 × 48, " in found[1].detail
    # One that takes the declared size alone is compared with what the format's own runtime answers to it.
    assert asked[0][1] != [(1, 48, 48, 3)] * len(recorded)
    assert [shapes == [(1, 48, 48, 3)] * len(recorded) for name, shapes, _ in asked[1:3]] == [True, True]
    assert (asked[1][0] in own, asked[2][0], {each[2] for each in asked}) == (True, "fixed", {7})


def test_answers_that_are_others_and_refusals_fail(alone, clients):
    asked, made, own = clients
    made |= own
    recorded = asked.recorded = np.array(alone.golden.own[FILE].scores, np.float32)
    asked.table["any"] = recorded + np.float32(0.01) * np.ptp(recorded)

    def refuse(client, count):
        raise SessionError("it would not")

    assert examine_bundle(alone, Silent())[0].passed is False
    asked.answers = refuse
    found = examine_bundle(alone, Silent())
    assert (found[0].passed, found[0].detail) == (False, "refused: it would not")


def test_what_nothing_is_here_to_compare_with_is_not_checked(alone, clients, monkeypatch):
    asked, made, own = clients
    made |= own
    asked.recorded = np.array(alone.golden.own[FILE].scores, np.float32)
    plain = asked.answers
    asked.answers = lambda client, count: (_ for _ in ()).throw(SessionError("out of memory")) if client.name in own else plain(client, count)
    (fixed,) = [check for check in examine_bundle(alone, Silent()) if check.subject.startswith("fixed")]
    assert (fixed.passed, fixed.detail) == (None, "not checked: what its answers would be compared with fails: out of memory")
    monkeypatch.setattr(module, "installed_for", lambda kind: ())
    (fixed,) = [check for check in examine_bundle(alone, Silent()) if check.subject.startswith("fixed")]
    assert (fixed.passed, "no runtime is here to compare with" in fixed.detail) == (None, True)


def test_a_file_alone_is_asked_for_its_samples(exported, clients):
    asked, _, _ = clients
    artifact = module.open_artifact(exported.folder / "mobilenet-int8.onnx")
    asked.recorded = np.array([sample.scores for sample in artifact.contract.samples], np.float32)
    found = examine_file(artifact.path, Silent(), memory_bytes=5)
    assert [(check.subject.split()[0], check.passed) for check in found] == [("any", True), ("other", True)]
    assert all(check.detail.startswith("4 images, ") for check in found)
    assert [len(shapes) for _, shapes, _ in asked] == [4, 4]


def test_without_scores_or_golden_images_nothing_is_compared(alone, clients):
    golden = msgspec.structs.replace(alone.golden, own={})
    (found,) = examine_bundle(replace(alone, golden=golden), Silent())
    assert (found.artifact, found.subject, found.passed) == (FILE, "scores", None)
    image = msgspec.structs.replace(alone.golden.images[0], sha256="0" * 64)
    golden = msgspec.structs.replace(alone.golden, images=(image, *alone.golden.images[1:]))
    damaged, unknown = examine_bundle(replace(alone, golden=golden), Silent())
    assert (damaged.subject, damaged.passed, unknown.passed) == ("golden image", False, None)


def test_a_damaged_file_is_told_and_asked_nothing(alone, clients):
    entry = msgspec.structs.replace(alone.manifest.artifacts[0], sha256="0" * 64)
    (found,) = examine_bundle(replace(alone, manifest=msgspec.structs.replace(alone.manifest, artifacts=(entry,))), Silent())
    assert (found.artifact, found.subject, found.passed, found.compared) == (FILE, "file", False, False)
    assert clients[0] == []
