"""One whole record of each kind, made by hand, that every rule holds of."""

from edgekit.spec.accuracy import Accuracy
from edgekit.spec.export import Head
from edgekit.spec.format import Format, Precision
from edgekit.spec.network import DEFAULT_NETWORK
from edgekit.spec.recipe import RECIPES
from edgekit.spec.tensor import DType, TensorSpec
from edgekit.store.contract import Preprocessing, Provenance
from edgekit.store.golden import GOLDEN_SCHEMA, PLAIN, Golden, GoldenImage, OwnScores
from edgekit.store.latency import LATENCY_SCHEMA, LatencyRecord, LatencyTable
from edgekit.store.manifest import KERAS, MANIFEST_SCHEMA, ArtifactRecord, Calibration, Checks, ClassCount, Manifest, ParityRecord, TrialRecord
from edgekit.store.run import (
    ANSWERS_SCHEMA,
    RUN_SCHEMA,
    AnswersRecord,
    ClassRecord,
    ConfusedRecord,
    DatasetRecord,
    EpochRecord,
    PlanRecord,
    RunRecord,
    StartRecord,
)

SHA256 = 64 * "a"
LABELS = ("heron", "tern")
VERSIONS = {"keras": "3.15.1"}


def _artifact(kind, precision):
    return ArtifactRecord(
        file=f"m-{precision.value}{kind.suffix}", format=kind, precision=precision, head=Head.LOGITS, tuning="portable", sha256=SHA256, bytes=1_000,
        input=TensorSpec(name="image", shape=(1, -1, -1, 3), dtype=DType.UINT8, low=0, high=255),
        output=TensorSpec(name="logits", shape=(1, 2), dtype=DType.FLOAT32),
        preprocessing=Preprocessing(image_px=32, resize="bilinear"), operators={"CONV_2D": 3}, rewrites=("fold-batch-norm",),
        calibration=Calibration(source="birds", images=8, seed=0, fingerprint="f"),
        provenance=Provenance(run="m", recipe="quick", epochs=3, test_accuracy=0.5, dataset="birds", model_sha256=SHA256, versions=VERSIONS),
    )  # fmt: skip


def _parity(file):
    return ParityRecord(
        file=file, runtime="litert", version="2.3.0", against=KERAS, golden_images=2, score_difference=0.01, score_range=4.0, relative_l2=0.01,
        images=10, counted=9, agreement=1.0, agreement_of_all=1.0, tested=Accuracy(runtime="litert", images=10, right=8, lost=1, won=1),
    )  # fmt: skip


_ARTIFACTS = (_artifact(Format.TFLITE, Precision.FLOAT32), _artifact(Format.ONNX, Precision.INT8))
_TRIAL = TrialRecord(
    format=Format.ONNX, precision=Precision.INT8, runtime="onnxruntime", version="1", rewrite="swap-pools", cpu="a cpu", kept=True, best_ns=9,
    candidate_ns=8,
)  # fmt: skip
_PLAN = {
    "schema": RUN_SCHEMA, "network": DEFAULT_NETWORK, "recipe": RECIPES["quick"], "epochs": 2, "labels": LABELS, "backend": "tensorflow",
    "dataset": DatasetRecord(
        name="birds", location="/birds", fingerprint="f", split="given", split_seed=0, train_images=20, validation_images=2, test_images=10,
        skipped=("a.png",),
    ),
    "start": StartRecord(run="old", model_sha256=SHA256, new=("scores",)), "versions": VERSIONS, "started_at": "2026-01-01T00:00:00+00:00",
}  # fmt: skip
WHOLE = {
    Manifest: Manifest(
        schema=MANIFEST_SCHEMA, name="m", network="m", story="A `small` network.", licence="MIT", labels_sha256=SHA256, golden_sha256=SHA256,
        classes=tuple(ClassCount(label=label, images=5, right=4) for label in LABELS), artifacts=_ARTIFACTS,
        checks=Checks(machine="a machine", exported_at="2026-01-01", parity=tuple(_parity(entry.file) for entry in _ARTIFACTS), tuning=(_TRIAL,)),
    ),
    Golden: Golden(
        schema=GOLDEN_SCHEMA,
        images=tuple(
            GoldenImage(file=f"golden/0{index}.png", sha256=SHA256, label=index, source=f"{index}.png", variant=PLAIN, scores=(1.0, 0.5))
            for index in range(2)
        ),
        own={"m.tflite": OwnScores(runtime="litert", version="2", machine="x86_64", tolerances=(0.1, 0.1), scores=((1.0, 0.5), (1.0, 0.5)))},
    ),
    LatencyTable: LatencyTable(
        schema=LATENCY_SCHEMA,
        rows=tuple(
            LatencyRecord(
                machine="a cpu", file=entry.file, sha256=SHA256, runtime="litert", version="2", threads=1, samples=99, p50_ns=1e6,
                p50_interval_ns=(9e5, 2e6), p90_ns=None, started_at="2026-01-01",
            )
            for entry in _ARTIFACTS
        ),
    ),
    PlanRecord: PlanRecord(**_PLAN),
    RunRecord: RunRecord(
        **_PLAN,
        history=(EpochRecord(epoch=1, loss=2.0, accuracy=0.5, validation_loss=None, validation_accuracy=None, seconds=1.5),),
        test_accuracy=0.8,
        classes=tuple(ClassRecord(label=label, images=5, precision=0.8, recall=None) for label in LABELS),
        confused=(ConfusedRecord(label="heron", taken_for="tern", images=1),),
        seconds=3.5,
        model_sha256=SHA256,
    ),
    AnswersRecord: AnswersRecord(schema=ANSWERS_SCHEMA, model_sha256=SHA256, scores={"0.png": (1.0, 0.5), "1.png": (0.5, 1.0)}),
}  # fmt: skip
