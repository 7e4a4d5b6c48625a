"""The export as a whole: convert, embed, prove, publish."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from edgekit.datasets.decoded import DecodedImages
from edgekit.datasets.folder import class_folders, examples_below
from edgekit.datasets.resize import as_input
from edgekit.datasets.selection import balanced
from edgekit.datasets.source import open_dataset
from edgekit.datasets.survey import fingerprint
from edgekit.errors import DataError
from edgekit.export import onnx, tflite
from edgekit.export.card import card
from edgekit.export.conversion import Conversion, Converted
from edgekit.export.golden import GoldenPicture, choose_golden, choose_samples
from edgekit.export.metadata import embed
from edgekit.export.model import Reference, without_head
from edgekit.export.parity import Answered, Evidence, gate
from edgekit.networks.preprocessing import RESIZE_DESCRIPTION
from edgekit.networks.saved import load_model
from edgekit.runtimes.base import preferred_for, version_of
from edgekit.spec.export import ExportOptions, Format, Head, file_name
from edgekit.spec.tensor import DType, TensorSpec
from edgekit.store.atomic import staged_folder, write_whole
from edgekit.store.bundle import (
    GOLDEN_FILE,
    GOLDEN_FOLDER,
    GOLDEN_SCHEMA,
    LABELS_FILE,
    MANIFEST_FILE,
    MANIFEST_SCHEMA,
    Artifact,
    ArtifactRecord,
    Bundle,
    Checks,
    Golden,
    GoldenImage,
    Manifest,
    OwnScores,
    open_artifact,
    open_bundle,
    sha256_of,
)
from edgekit.store.contract import CONTRACT_SCHEMA, Contract, Preprocessing, Provenance, Sample
from edgekit.store.record import encode
from edgekit.store.versions import package_versions
from edgekit.verify.answers import answers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import keras
    from numpy.typing import NDArray

    from edgekit.datasets.dataset import Example
    from edgekit.spec.progress import Progress
    from edgekit.store.run import Run

CALIBRATION_IMAGES = 200


@dataclass(frozen=True, slots=True)
class Images:
    """The images that an export needs: to calibrate int8, to prove parity, and to travel with the bundle."""

    calibration: tuple[Example, ...]
    test: tuple[Example, ...]
    golden: tuple[Example, ...]


def images_of(run: Run, *, calibration: Path | None = None, golden: Path | None = None) -> Images:
    """Find the images of a run's data set; ``calibration`` and ``golden`` are folders to use in place of its own.

    Raises:
        DataError: the data set is not where it was, or has other classes by now.

    """
    dataset = open_dataset(run.record.dataset.location, seed=run.record.dataset.split_seed).without(set(run.record.dataset.skipped))
    if dataset.classes != run.record.labels:
        raise DataError(f"the data set has other classes than when the run was trained. Received: {dataset.location}", hint="train again")
    if fingerprint(dataset) != run.record.dataset.fingerprint:
        raise DataError(
            f"the data set has changed since the run was trained: its test images may be trained on. Received: {dataset.location}",
            hint="put back what it held, or train again",
        )
    seed = run.record.recipe.seed
    chosen = balanced(_labelled(calibration, dataset.classes) if calibration else dataset.train, CALIBRATION_IMAGES, seed)
    return Images(chosen, dataset.test, _labelled(golden, dataset.classes) if golden else dataset.test)


def _labelled(folder: Path, classes: tuple[str, ...]) -> tuple[Example, ...]:
    found = examples_below(folder, classes, folder) if folder.is_dir() else ()
    if not found:
        there = ", ".join(class_folders(folder)[:5]) if folder.is_dir() else "no such folder"
        raise DataError(f"no images of the run's classes. Received: {folder} ({there})", hint="the folder holds a folder for each class")
    return found


def export(run: Run, options: Sequence[ExportOptions], images: Images, out: Path, *, progress: Progress) -> Bundle:
    """Export ``run`` once for each of ``options`` (one head and one input size) into a bundle below ``out``.

    Raises:
        VerificationError: an artifact does not answer as the trained model does; nothing is published.

    """
    network = without_head(load_model(run.model_file), options[0].head)
    files = _convert(network, options, images, progress)
    spec, reference = _contract(run, options[0], network, ()).input, Reference(network)
    test = _test_evidence(images.test, spec, reference)
    golden = choose_golden(images.golden, run.record.recipe.seed, _margins(images, options[0].head, test, reference))
    samples = choose_samples(golden)
    with staged_folder(out, run.name) as stage:
        artifacts = [_embedded(stage.path, run, option, made.data, samples, network) for option, made in files]
        progress.say(f"comparing {len(artifacts)} files with the trained model on {len(golden)} golden and {len(images.test)} test images")
        golden_evidence = _golden_evidence(golden, spec, reference)
        proof = gate(artifacts, run.record.labels, golden_evidence, test)
        _write_labels_and_golden(stage.path, run, golden, golden_evidence, proof.answered)
        manifest = Manifest(
            schema=MANIFEST_SCHEMA,
            network=run.record.network.name,
            labels_sha256=sha256_of(stage.path / LABELS_FILE),
            golden_sha256=sha256_of(stage.path / GOLDEN_FILE),
            artifacts=tuple(_record(artifact, option, made) for artifact, (option, made) in zip(artifacts, files, strict=True)),
            checks=Checks(machine=platform.machine(), exported_at=datetime.now(UTC).isoformat(timespec="seconds"), parity=proof.records),
        )
        write_whole(stage.path / "README.md", card(run, manifest).encode())
        write_whole(stage.path / MANIFEST_FILE, encode(manifest))
    return open_bundle(stage.final)


def _margins(images: Images, head: Head, test: Evidence, reference: Reference) -> NDArray[np.float32] | None:
    """Return the trained model's top-two margins on the images that golden ones are chosen from; features have none."""
    if head is Head.FEATURES:
        return None
    scores = test.reference if images.golden is images.test else reference.scores(example.picture.pixels() for example in images.golden)
    ordered = np.sort(scores, axis=1)
    margins: NDArray[np.float32] = ordered[:, -1] - ordered[:, -2]
    return margins


def _convert(network: keras.Model, options: Sequence[ExportOptions], images: Images, progress: Progress) -> list[tuple[ExportOptions, Converted]]:
    image_px, size = network.input.shape[1], options[0].input_size
    spec = TensorSpec(name="image", shape=(1, size.height_px or image_px, size.width_px or image_px, 3), dtype=DType.UINT8)
    conversion = Conversion(network, lambda: [as_input(example.picture.pixels(), spec) for example in images.calibration])
    files = []
    for option in options:
        progress.say(f"converting {option.precision.value} to {option.format.value}")
        files.append((option, conversion.convert(option)))
    return files


def _embedded(folder: Path, run: Run, option: ExportOptions, data: bytes, samples: Sequence[GoldenPicture], network: keras.Model) -> Artifact:
    """Write a file twice: bare, to ask it what it answers to the samples, then with the contract that holds the answers."""
    path = folder / file_name(run.record.network.name, option)
    contract = _contract(run, option, network, ())
    write_whole(path, data)
    runtime = preferred_for(option.format)
    scores = answers(Artifact(path, contract, ""), runtime, [sample.pixels for sample in samples])
    own = tuple(Sample(label=sample.label, scores=tuple(row.tolist())) for sample, row in zip(samples, scores, strict=True))
    contract = _contract(run, option, network, own)
    whole = embed(data, contract, [sample.png for sample in samples])
    write_whole(path, whole)
    return open_artifact(path)


def _contract(run: Run, option: ExportOptions, network: keras.Model, samples: tuple[Sample, ...]) -> Contract:
    record = run.record
    height, width = option.input_size.height_px or -1, option.input_size.width_px or -1
    return Contract(
        schema=CONTRACT_SCHEMA,
        network=record.network.name,
        format=option.format,
        precision=option.precision,
        head=option.head,
        labels=record.labels,
        input=TensorSpec(name="image", shape=(1, height, width, 3), dtype=DType.UINT8, low=0, high=255),
        output=TensorSpec(name=option.head.value, shape=(1, network.output.shape[-1]), dtype=DType.FLOAT32),
        preprocessing=Preprocessing(image_px=network.input.shape[1], resize=RESIZE_DESCRIPTION),
        samples=samples,
        provenance=Provenance(
            run=run.name,
            recipe=record.recipe.name,
            epochs=record.epochs,
            test_accuracy=record.test_accuracy,
            dataset=record.dataset.name,
            dataset_fingerprint=record.dataset.fingerprint,
            model_sha256=record.model_sha256,
            versions=package_versions("edgekit", "tensorflow-cpu", "keras", "tf2onnx", "onnx"),
        ),
    )


def _golden_evidence(golden: Sequence[GoldenPicture], spec: TensorSpec, reference: Reference) -> Evidence:
    names = [f"{picture.source} ({picture.variant})" for picture in golden]
    return _evidence([picture.pixels for picture in golden], names, [picture.label for picture in golden], spec, reference)


def _test_evidence(examples: Sequence[Example], spec: TensorSpec, reference: Reference) -> Evidence:
    """Photographs are decoded as they are asked for: a large test set does not fit into memory."""
    names = [f"{example.picture.name} (test)" for example in examples]
    return _evidence(DecodedImages(examples), names, [example.label for example in examples], spec, reference)


def _evidence(pictures: Sequence[NDArray[np.uint8]], names: Sequence[str], labels: Sequence[int], spec: TensorSpec, reference: Reference) -> Evidence:
    return Evidence(pictures, names, np.array(labels), reference.scores(as_input(pixels, spec)[0] for pixels in pictures))


def _write_labels_and_golden(folder: Path, run: Run, golden: Sequence[GoldenPicture], evidence: Evidence, answered: Sequence[Answered]) -> None:
    write_whole(folder / LABELS_FILE, "".join(f"{label}\n" for label in run.record.labels).encode())
    entries = []
    for index, (picture, scores) in enumerate(zip(golden, evidence.reference, strict=True)):
        file = f"{GOLDEN_FOLDER}/{index:02}.png"
        write_whole(folder / file, picture.png)
        digest = hashlib.sha256(picture.png).hexdigest()
        entries.append(
            GoldenImage(file=file, sha256=digest, label=picture.label, source=picture.source, variant=picture.variant, scores=tuple(scores.tolist()))
        )
    own = {answer.artifact.path.name: _own(answer) for answer in answered if answer.runtime == preferred_for(answer.artifact.contract.format)}
    write_whole(folder / GOLDEN_FILE, encode(Golden(schema=GOLDEN_SCHEMA, images=tuple(entries), own=own)))


def _own(answer: Answered) -> OwnScores:
    return OwnScores(
        runtime=answer.runtime.name,
        version=version_of(answer.runtime),
        machine=platform.machine(),
        scores=tuple(tuple(row.tolist()) for row in answer.golden),
    )


def _record(artifact: Artifact, option: ExportOptions, made: Converted) -> ArtifactRecord:
    contract = artifact.contract
    count = tflite.operators if contract.format is Format.TFLITE else onnx.operators
    return ArtifactRecord(
        file=artifact.path.name,
        format=contract.format,
        precision=contract.precision,
        head=contract.head,
        tuning=option.tuning.name,
        sha256=artifact.sha256,
        bytes=artifact.path.stat().st_size,
        input=contract.input,
        output=contract.output,
        preprocessing=contract.preprocessing,
        operators=count(made.data),
        rewrites=made.rewrites,
        provenance=contract.provenance,
    )
