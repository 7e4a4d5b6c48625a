"""What an export says of its files: the contract inside each, its record in the manifest, and the golden table."""

from __future__ import annotations

import base64
import hashlib
import platform
from typing import TYPE_CHECKING

import numpy as np

from edgekit.analysis.decisions import decided, right
from edgekit.analysis.differences import ranges
from edgekit.datasets.fingerprint import fingerprint_of
from edgekit.exporting.formats import exporter_of
from edgekit.exporting.tuning.search import serving
from edgekit.host.cpu import cpu_name
from edgekit.networks.preprocessing import RESIZE_DESCRIPTION
from edgekit.runtimes.base import preferred_for, version_of
from edgekit.spec.limits import limits_of
from edgekit.spec.task import Task
from edgekit.spec.tensor import DType, TensorSpec
from edgekit.store.contract import CONTRACT_SCHEMA, Contract, Preprocessing, Sample
from edgekit.store.golden import GOLDEN_FOLDER, GOLDEN_SCHEMA, Golden, GoldenImage, OtherScores, OwnScores
from edgekit.store.manifest import ArtifactRecord, Calibration, ClassCount, TrialRecord

_LARGEST = float(np.finfo(np.float16).max)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras
    from numpy.typing import NDArray

    from edgekit.exporting.conversion import Converted
    from edgekit.exporting.parity.gate import Answered
    from edgekit.exporting.parity.reference import Evidence
    from edgekit.exporting.source.golden import GoldenPicture
    from edgekit.exporting.source.source import Subject
    from edgekit.exporting.tuning.search import Trial
    from edgekit.spec.export import ExportOptions
    from edgekit.spec.task import Decision
    from edgekit.store.bundle import Artifact


def contract(subject: Subject, option: ExportOptions, network: keras.Model, made: Converted, samples: tuple[Sample, ...] = ()) -> Contract:
    """Return the contract of one file of ``network``, the part of the subject's model that is exported."""
    height, width = option.input_size.height_px or -1, option.input_size.width_px or -1
    decision = subject.decision(option.head)
    return Contract(
        schema=CONTRACT_SCHEMA,
        network=subject.network,
        format=option.format,
        precision=option.precision,
        head=option.head,
        labels=subject.labels,
        input=TensorSpec(name="image", shape=(1, height, width, 3), dtype=DType.UINT8, low=0.0, high=255.0),
        output=TensorSpec(name=option.head.value, shape=(1, network.output.shape[-1]), dtype=DType.FLOAT32),
        preprocessing=Preprocessing(
            image_px=network.input.shape[1], resize=subject.front.described if subject.front else RESIZE_DESCRIPTION, pixels=subject.pixels
        ),
        samples=samples,
        provenance=subject.provenance,
        multiply_adds=subject.multiply_adds,
        narrow_weights=made.narrow,
        made_for=made.made_for,
        task=decision.task,
        thresholds=decision.thresholds,
    )


def sample(subject: Subject, picture: GoldenPicture, scores: NDArray[np.float32]) -> Sample:
    """Return what a file answered to a picture that travels inside it."""
    return Sample(label=_label(subject, picture), scores=tuple(scores.tolist()), labels=_labels(subject, picture))


def calibration_record(subject: Subject) -> Calibration:
    """Return which images int8 files are calibrated on."""
    images = subject.images
    return Calibration(
        source=images.calibrated_on,
        images=len(images.calibration),
        seed=subject.seed,
        fingerprint=fingerprint_of({"calibration": images.calibration}),
    )


def artifact_record(
    artifact: Artifact, option: ExportOptions, made: Converted, *, left_out: tuple[str, ...], calibration: Calibration | None
) -> ArtifactRecord:
    """Return a file's entry in the manifest."""
    inside = artifact.contract
    return ArtifactRecord(
        file=artifact.path.name,
        format=inside.format,
        precision=inside.precision,
        head=inside.head,
        tuning=option.tuning.name,
        sha256=artifact.sha256,
        bytes=artifact.path.stat().st_size,
        input=inside.input,
        output=inside.output,
        preprocessing=inside.preprocessing,
        operators=exporter_of(inside.format).operators(made.data),
        rewrites=made.rewrites,
        layers_in_float=made.in_float,
        left_out=left_out,
        biases_corrected=made.biases_corrected,
        calibration=calibration,
        provenance=inside.provenance,
    )


def class_counts(labels: Sequence[str], test: Evidence, decision: Decision) -> tuple[ClassCount, ...]:
    """Return of each class how often the trained model is right on its test images; nothing where scores are not of classes.

    Of several labels, the images are those that show it, and right are those on which the model names it.
    """
    if test.labels is None or not decision.decides(test.reference.shape[1]):
        return ()
    if decision.task is Task.MULTILABEL:
        there, hits = test.labels > 0, decided(test.reference, decision) > 0
    else:
        there = test.labels[:, np.newaxis] == np.arange(len(labels))
        hits = right(test.reference, test.labels, decision)[:, np.newaxis]
    return tuple(
        ClassCount(label=label, images=int(images), right=int(named))
        for label, images, named in zip(labels, there.sum(axis=0), (there & hits).sum(axis=0), strict=True)
        if images
    )


def trial_records(option: ExportOptions, trials: Sequence[Trial]) -> list[TrialRecord]:
    """Return what was tried for the table of ``option``."""
    runtime = serving(option)
    return [
        TrialRecord(
            format=option.format,
            precision=option.precision,
            runtime=runtime.name,
            version=version_of(runtime),
            cpu=cpu_name(),
            rewrite=trial.name,
            kept=trial.kept,
            best_ns=trial.best_ns,
            candidate_ns=trial.candidate_ns,
        )
        for trial in trials
    ]


def golden_record(subject: Subject, golden: Sequence[GoldenPicture], reference: NDArray[np.float32], answered: Sequence[Answered]) -> Golden:
    """Return the golden table: every picture with the trained model's scores, and what each file answered in its format's own runtime."""
    images = [
        GoldenImage(
            file=golden_file(index),
            sha256=hashlib.sha256(picture.png).hexdigest(),
            label=_label(subject, picture),
            source=picture.source,
            variant=picture.variant,
            scores=tuple(scores.tolist()),
            labels=_labels(subject, picture),
        )
        for index, (picture, scores) in enumerate(zip(golden, reference, strict=True))
    ]
    own = {
        answer.artifact.path.name: _own(
            answer, [other for other in answered if other.artifact.path == answer.artifact.path and other.runtime != answer.runtime]
        )
        for answer in answered
        if answer.runtime == preferred_for(answer.artifact.contract.format)
    }
    return Golden(schema=GOLDEN_SCHEMA, images=tuple(images), own=own)


def golden_file(index: int) -> str:
    """Return the path of a golden image inside its bundle."""
    return f"{GOLDEN_FOLDER}/{index:02}.png"


def _label(subject: Subject, picture: GoldenPicture) -> int | None:
    return picture.label if subject.images.labelled and subject.images.truth is None else None


def _labels(subject: Subject, picture: GoldenPicture) -> tuple[int, ...] | None:
    """Return what is known to be on a picture, where that may be several labels: of the features head too."""
    truth = subject.images.truth
    return None if truth is None else truth.get(picture.source)


def _own(answer: Answered, others: Sequence[Answered]) -> OwnScores:
    inside = answer.artifact.contract
    elsewhere = limits_of(inside.precision, inside.head).far.largest
    return OwnScores(
        runtime=answer.runtime.name,
        version=version_of(answer.runtime),
        machine=platform.machine(),
        tolerances=tuple((elsewhere * ranges(answer.golden.astype(np.float64), inside.decision)).tolist()),
        scores=tuple(tuple(row.tolist()) for row in answer.golden),
        others=tuple(
            OtherScores(
                runtime=other.runtime.name,
                version=version_of(other.runtime),
                differences=base64.b64encode(np.clip(other.golden - answer.golden, -_LARGEST, _LARGEST).astype("<f2").tobytes()).decode(),
            )
            for other in others
        ),
    )
