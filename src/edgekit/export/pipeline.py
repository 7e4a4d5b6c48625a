"""The export as a whole: convert, embed, prove, publish."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from edgekit.datasets.decoded import DecodedImages
from edgekit.datasets.resize import as_input
from edgekit.export.card import card
from edgekit.export.conversion import Conversion, Converted
from edgekit.export.golden import GoldenPicture, choose_golden, choose_samples
from edgekit.export.head import without_head
from edgekit.export.metadata import embed
from edgekit.export.model import Reference
from edgekit.export.parity import Evidence, Gate
from edgekit.export.records import artifact_record, contract, golden_file, golden_record, sample
from edgekit.runtimes.base import preferred_for
from edgekit.spec.export import ExportOptions, file_name
from edgekit.spec.tensor import DType, TensorSpec
from edgekit.store.atomic import staged_folder, write_whole
from edgekit.store.bundle import (
    GOLDEN_FILE,
    LABELS_FILE,
    MANIFEST_FILE,
    MANIFEST_SCHEMA,
    Artifact,
    Bundle,
    Checks,
    Manifest,
    open_artifact,
    open_bundle,
    sha256_of,
)
from edgekit.store.record import encode
from edgekit.verify.answers import answers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import keras
    from numpy.typing import NDArray

    from edgekit.export.images import Images
    from edgekit.export.subject import Subject
    from edgekit.spec.progress import Progress


def export(subject: Subject, options: Sequence[ExportOptions], out: Path, *, progress: Progress) -> Bundle:
    """Export ``subject`` once for each of ``options`` (one head and one input size) into a bundle below ``out``.

    Raises:
        VerificationError: an artifact does not answer as the trained model does; nothing is published.

    """
    network, images = without_head(subject.model, options[0].head), subject.images
    files = _convert(network, options, images, progress)
    golden = choose_golden(images.golden, subject.seed)
    samples = choose_samples(golden)
    with staged_folder(out, subject.name) as stage:
        artifacts = [_embedded(stage.path, subject, option, made.data, samples, network) for option, made in files]
        progress.say(f"comparing {len(artifacts)} files with the trained model on {len(golden)} golden and {len(images.test)} test images")
        spec = artifacts[0].contract.input
        reference = Reference(network)
        golden_evidence = _golden_evidence(golden, spec, reference)
        proof = Gate(subject.labels, golden_evidence, _test_evidence(images, spec, reference)).prove(artifacts)
        for index, picture in enumerate(golden):
            write_whole(stage.path / golden_file(index), picture.png)
        write_whole(stage.path / GOLDEN_FILE, encode(golden_record(subject, golden, golden_evidence.reference, proof.answered)))
        write_whole(stage.path / LABELS_FILE, "".join(f"{label}\n" for label in subject.labels).encode())
        manifest = Manifest(
            schema=MANIFEST_SCHEMA,
            network=subject.network,
            labels_sha256=sha256_of(stage.path / LABELS_FILE),
            golden_sha256=sha256_of(stage.path / GOLDEN_FILE),
            artifacts=tuple(artifact_record(artifact, option, made) for artifact, (option, made) in zip(artifacts, files, strict=True)),
            checks=Checks(machine=platform.machine(), exported_at=datetime.now(UTC).isoformat(timespec="seconds"), parity=proof.records),
        )
        write_whole(stage.path / "README.md", card(subject, manifest).encode())
        write_whole(stage.path / MANIFEST_FILE, encode(manifest))
    return open_bundle(stage.final)


def _convert(network: keras.Model, options: Sequence[ExportOptions], images: Images, progress: Progress) -> list[tuple[ExportOptions, Converted]]:
    image_px, size = network.input.shape[1], options[0].input_size
    spec = TensorSpec(name="image", shape=(1, size.height_px or image_px, size.width_px or image_px, 3), dtype=DType.UINT8)
    conversion = Conversion(network, lambda: [as_input(example.picture.pixels(), spec) for example in images.calibration])
    files = []
    for option in options:
        progress.say(f"converting {option.precision.value} to {option.format.value}")
        files.append((option, conversion.convert(option)))
    return files


def _embedded(folder: Path, subject: Subject, option: ExportOptions, data: bytes, samples: Sequence[GoldenPicture], network: keras.Model) -> Artifact:
    """Write a file twice: bare, to ask it what it answers to the samples, then with the contract that holds the answers."""
    path = folder / file_name(subject.network, option)
    write_whole(path, data)
    bare = Artifact(path, contract(subject, option, network, ()), "")
    scores = answers(bare, preferred_for(option.format), [picture.pixels for picture in samples])
    own = tuple(sample(subject, picture, row) for picture, row in zip(samples, scores, strict=True))
    write_whole(path, embed(data, contract(subject, option, network, own), [picture.png for picture in samples]))
    return open_artifact(path)


def _golden_evidence(golden: Sequence[GoldenPicture], spec: TensorSpec, reference: Reference) -> Evidence:
    names = [f"{picture.source} ({picture.variant})" for picture in golden]
    return _evidence([picture.pixels for picture in golden], names, None, spec, reference)


def _test_evidence(images: Images, spec: TensorSpec, reference: Reference) -> Evidence:
    """Photographs are decoded as they are asked for: a large test set does not fit into memory."""
    names = [f"{example.picture.name} (test)" for example in images.test]
    labels = np.array([example.label for example in images.test]) if images.labelled else None
    return _evidence(DecodedImages(images.test), names, labels, spec, reference)


def _evidence(
    pictures: Sequence[NDArray[np.uint8]], names: Sequence[str], labels: NDArray[np.int64] | None, spec: TensorSpec, reference: Reference
) -> Evidence:
    return Evidence(pictures, names, labels, reference.scores(as_input(pixels, spec)[0] for pixels in pictures))
