"""What holds for every Keras model that was trained elsewhere: both formats, float32 and int8, each proved equal to it."""

import msgspec
import numpy as np
import onnx
import pytest

import edgekit
from edgekit.datasets.folder import open_folder
from edgekit.exporting.pipeline import export
from edgekit.exporting.plan import ExportPlan, files_in
from edgekit.exporting.source.foreign import ForeignOptions
from edgekit.exporting.source.keras_model import of_file
from edgekit.spec.format import Format, Precision
from edgekit.spec.limits import LIMITS
from edgekit.spec.progress import Silent
from edgekit.verifying.bundle import verify_bundle
from foreign_models import BACKBONES, SMALL, built

LABELS = ("alef", "heh", "kaf", "meem", "sheen")
FLOAT32, INT8, OTHERS = (
    files_in(precisions=precisions) for precisions in ([Precision.FLOAT32], [Precision.INT8], [Precision.FLOAT16, Precision.MIXED, Precision.DYNAMIC])
)
QUICK = ("squeeze_and_excite", "nested_twice")
# Deep backbones with random weights lose their answers in int8 by whatever way (MobileNetV2 agrees on 58 % of the images without
# any rewrite, too): only trained ones could show anything there.
FILES = dict.fromkeys(SMALL, FLOAT32 + INT8) | dict.fromkeys(BACKBONES, FLOAT32)
# Layers whose weights alone have fewer bits, some within a gate.
FILES["squeeze_and_excite"] = FLOAT32 + INT8 + OTHERS
EVERY = [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in (*SMALL, *BACKBONES)]


@pytest.mark.parametrize("name", EVERY)
def test_a_model_trained_elsewhere(small_folder, tmp_path, monkeypatch, name):
    # What a network of drawn weights loses by fewer bits, no limit promises.
    for precision in (Precision.FLOAT16, Precision.MIXED):
        monkeypatch.setitem(LIMITS, precision, msgspec.structs.replace(LIMITS[precision], score=3 * LIMITS[precision].score))
    examples = open_folder(small_folder).test
    pixels, labels = np.stack([example.picture.pixels() for example in examples]), np.array([example.label for example in examples])
    built(name, pixels, labels).save(tmp_path / f"{name}.keras")
    (tmp_path / "labels.txt").write_text("\n".join(LABELS))
    subject = of_file(tmp_path / f"{name}.keras", ForeignOptions(labels=tmp_path / "labels.txt", golden=small_folder / "test"), progress=Silent())
    bundle = export(subject, ExportPlan(files=FILES[name]), tmp_path / "exported", progress=Silent())
    assert len(bundle.manifest.artifacts) == len(FILES[name])
    for entry in bundle.manifest.artifacts:
        assert "fold-batch-norm" in entry.rewrites
        assert (entry.provenance.file, entry.provenance.run) == (f"{name}.keras", None)
        assert "CUSTOM" not in entry.operators
        if entry.format is Format.ONNX:
            assert [(each.domain, each.version) for each in onnx.load(bundle.folder / entry.file).opset_import] == [("", 18)]
    precisions = {entry.file: entry.precision for entry in bundle.manifest.artifacts}
    records = bundle.manifest.checks.parity
    trained = next(record.tested.reference_share for record in records if record.against == "keras")
    for record in records:
        limits = LIMITS[precisions[record.file]]
        assert record.tested.reference_share > 0.5  # chance is 0.2
        # Another file may by chance be right more often than the trained model, which is no claim to be held to.
        assert record.tested.share >= min(record.tested.reference_share, trained) - max(limits.accuracy_drop, 1.01 / 165)
        assert record.agreement >= limits.agreement
        assert record.counted > 100
        if limits.score:
            # The gate measures by the range of the test images too.
            assert record.score_difference <= 1.1 * limits.score * record.score_range
    assert all(check.passed for check in verify_bundle(bundle) if check.compared)
    assert edgekit.load(bundle.folder).predict(bundle.golden_path(bundle.golden.images[0])).label in LABELS
