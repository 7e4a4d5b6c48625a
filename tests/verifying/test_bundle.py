"""What verification says of scores that are not those recorded, and of runtimes that are known not to open a file."""

import base64
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from edgekit.analysis.decisions import top_two_margins
from edgekit.analysis.differences import ranges
from edgekit.errors import SessionError
from edgekit.host.cpu import WITHOUT_VNNI
from edgekit.runtimes.base import installed_for
from edgekit.spec.export import Head
from edgekit.spec.format import Format, Precision
from edgekit.spec.limits import limits_of, up_to
from edgekit.spec.runtime import RUNTIMES, runtimes_for
from edgekit.store.bundle import Bundle, open_artifact
from edgekit.store.golden import OtherScores
from edgekit.verifying import bundle as module
from edgekit.verifying import verdict
from edgekit.verifying.bundle import verify_bundle, verify_file
from edgekit.verifying.check import Check

LITE, OLD = RUNTIMES["litert"], RUNTIMES["tflite-runtime"]


def entry_of(bundle, precision):
    return next(entry for entry in bundle.manifest.artifacts if (entry.format, entry.precision) == (Format.TFLITE, precision))


@pytest.fixture
def old_runtime(monkeypatch):
    """The only runtime of the device is one that is not for this Python: it answers as LiteRT does, or fails with these words."""
    words = []

    def answers(artifact, runtime, pictures, opener=None):
        if words:
            raise SessionError(words[0])
        return sound(artifact, LITE, pictures)

    sound = module.answers
    monkeypatch.setattr(module, "installed_for", lambda kind: (OLD,) if kind is Format.TFLITE else installed_for(kind))
    monkeypatch.setattr(module, "version_of", lambda runtime: "2.14.0")
    monkeypatch.setattr(module, "answers", answers)
    return words


@pytest.mark.parametrize(
    ("precision", "words", "passed"),
    [
        (Precision.MIXED, "tensorflow/lite/kernels/fully_connected.cc: node FULLY_CONNECTED failed to prepare", None),
        (Precision.MIXED, "out of memory", False),
        (Precision.FLOAT32, "node FULLY_CONNECTED failed to prepare", False),
    ],
)
def test_what_a_runtime_is_known_not_to_open_is_no_failure(exported, old_runtime, precision, words, passed):
    old_runtime.append(words)
    entry = entry_of(exported, precision)
    (check,) = [check for check in verify_file(exported.folder / entry.file) if check.subject.startswith("tflite-runtime")]
    assert check.passed is passed
    assert ("known: its fully connected layer" in check.detail) is (passed is None)
    assert (check.detail == f"refused: {words}") is (passed is False)


def test_an_image_of_another_class_is_named_where_no_score_is_beyond_the_limit(exported, old_runtime, monkeypatch):
    entry = entry_of(exported, Precision.INT8)
    own = exported.golden.own[entry.file]
    scores = np.array(own.scores)
    gaps = top_two_margins(scores)
    # Scores in 8 bits may be equal.
    turned, other = [int(image) for image in gaps.argsort() if gaps[image] > 0][:2]
    # Recorded with the second class ahead by more than the limit, each score being within it; another image is as far off, of the same class.
    limit = 1.2 * gaps[turned]
    first, second = scores[turned].argsort()[-2:]
    scores[turned, [first, second]] += np.array([1.15, -1.15]) * gaps[turned]
    scores[other] += 1.19 * gaps[turned]
    published = limits_of(Precision.INT8, Head.LOGITS)
    far = msgspec.structs.replace(published.far, largest=limit / ranges(scores)[turned])
    limits = msgspec.structs.replace(published, far=far, margin=0.0)
    for place in (module, verdict):
        monkeypatch.setattr(place, "limits_of", lambda precision, head: limits)
    changed = msgspec.structs.replace(own, scores=tuple(map(tuple, scores.tolist())))
    golden = msgspec.structs.replace(exported.golden, own={entry.file: changed})
    bundle = Bundle(exported.folder, msgspec.structs.replace(exported.manifest, artifacts=(entry,)), exported.labels, golden)
    (check,) = [check for check in verify_bundle(bundle) if check.passed is False]
    assert check.subject == "tflite-runtime 2.14.0"
    assert f"another class on 1, worst: {exported.golden.images[turned].file}" in check.detail


@pytest.mark.parametrize(("narrow", "without_vnni", "told"), [(False, True, True), (True, True, False), (False, False, False)])
def test_where_8_bit_sums_may_saturate_and_nothing_is_installed(exported, monkeypatch, narrow, without_vnni, told):
    """Weights of eight bits, in ONNX Runtime, on an x86 CPU without VNNI: that is said, whatever else could be looked at."""
    artifact = open_artifact(exported.folder / "mobilenet-int8.onnx")
    artifact = replace(artifact, contract=msgspec.structs.replace(artifact.contract, narrow_weights=narrow))
    monkeypatch.setattr(module, "installed_for", lambda kind: ())
    monkeypatch.setattr(module, "saturates_8_bit", lambda: without_vnni)
    found = module._in_runtimes(artifact, [], None, [], None)
    name, rows = artifact.path.name, runtimes_for(Format.ONNX)
    missing = [Check(name, row.name, None, f"not checked: not installed (pip install edgekit[{row.extra}])") for row in rows]
    assert found == [*([Check(name, "8-bit sums", None, WITHOUT_VNNI)] if told else []), *missing]
    assert len(missing) > 1


@pytest.mark.parametrize(
    ("runtime", "machine", "version", "limit"),
    [
        ("own", "here", "any", up_to(1e-4)),
        ("own", "elsewhere", "any", limits_of(Precision.INT8, Head.LOGITS).near),
        ("openvino", "here", "1", limits_of(Precision.INT8, Head.LOGITS).near),
        ("openvino", "here", "2", limits_of(Precision.INT8, Head.LOGITS).far),
    ],
)
def test_how_near_to_what_an_answer_is_to_be(exported, monkeypatch, runtime, machine, version, limit):
    """The very same at home; near to what the same or another runtime recorded; far from what nobody did."""
    entry = entry_of(exported, Precision.INT8)
    own = exported.golden.own[entry.file]
    monkeypatch.setattr(module.platform, "machine", lambda: own.machine if machine == "here" else "another")
    monkeypatch.setattr(module, "version_of", lambda row: version)
    scores = np.array(own.scores, np.float32)
    apart = np.full(scores.shape, 0.25, "<f2")
    recorded = OtherScores(runtime="openvino", version="1", differences=base64.b64encode(apart.tobytes()).decode())
    own = msgspec.structs.replace(own, others=(recorded,))
    found = module._expected(own, entry, RUNTIMES[own.runtime if runtime == "own" else runtime])
    assert found.limit == limit
    assert np.allclose(found.scores, scores + (0.25 if version == "1" else 0))
