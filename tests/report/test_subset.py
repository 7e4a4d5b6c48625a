"""A bundle of one, copied out of a bundle."""

import pytest

from edgekit.errors import StoreError
from edgekit.report.subset import copy_of_one
from edgekit.spec.format import Precision
from edgekit.store.bundle import open_bundle
from edgekit.store.latency import LatencyRecord, read_latency, write_latency
from edgekit.verifying.bundle import verify_bundle


@pytest.mark.parametrize("name", ["mobilenet-int8.tflite", "mobilenet-float32.onnx"])
def test_a_bundle_of_one_stands_on_its_own(bundle_copy, tmp_path, name):
    bundle = open_bundle(bundle_copy)
    entry = next(entry for entry in bundle.manifest.artifacts if entry.file == name)
    measured = LatencyRecord(
        machine="a", file=name, sha256=entry.sha256, runtime="litert", version="2", threads=1, samples=9, p50_ns=5.0, p50_interval_ns=(4.0, 6.0),
        p90_ns=None, started_at="2026-01-01",
    )  # fmt: skip
    write_latency(bundle_copy, [measured])
    one = copy_of_one(bundle, entry.sha256, tmp_path / "chosen")
    assert [path.name for path in sorted(one.folder.iterdir())] == [
        "README.md",
        "golden",
        "golden.json",
        "labels.txt",
        "latency.json",
        "manifest.json",
        name,
    ]
    assert {record.file for record in one.manifest.checks.parity} == {name}
    assert list(one.golden.own) == [name]
    assert read_latency(one.folder) == (measured,)
    checks = verify_bundle(one)
    assert {check.artifact for check in checks} == {name}
    again = copy_of_one(bundle, entry.sha256, tmp_path / "chosen")
    assert again.folder.name == "chosen-2"


def test_a_file_that_is_not_in_the_bundle_is_refused(exported, tmp_path):
    with pytest.raises(StoreError, match="no longer in its bundle"):
        copy_of_one(exported, "0" * 64, tmp_path / "chosen")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_not_copied(bundle_copy, tmp_path):
    bundle = open_bundle(bundle_copy)
    entry = next(entry for entry in bundle.manifest.artifacts if entry.precision is Precision.INT8)
    (bundle_copy / entry.file).write_bytes(b"damaged")
    with pytest.raises(StoreError, match="not the file that was exported"):
        copy_of_one(bundle, entry.sha256, tmp_path / "chosen")
    assert not (tmp_path / "chosen").exists()
