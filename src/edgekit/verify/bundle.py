"""Verification of bundles and single files: hashes, labels, contract, and the scores recorded at export."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edgekit.analysis.differences import differences
from edgekit.datasets.decode import decode
from edgekit.errors import ImageError, SessionError, StoreError
from edgekit.runtimes.base import installed_for, version_of
from edgekit.runtimes.cpu import WITHOUT_VNNI, saturates_8_bit
from edgekit.spec.export import Head, Precision
from edgekit.spec.limits import LIMITS, SAME_FILE_SCORE
from edgekit.spec.runtime import runtimes_for
from edgekit.store.bundle import KERAS, Artifact, Bundle, open_artifact, sha256_of
from edgekit.store.contract import read_embedded
from edgekit.verify.answers import answers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from edgekit.spec.runtime import RuntimeSpec
    from edgekit.store.bundle import ArtifactRecord, OwnScores


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: ``passed`` is ``None`` where it could not be checked here.

    ``compared`` says that scores were asked for and held against the recorded ones.
    """

    artifact: str
    subject: str
    passed: bool | None
    detail: str
    compared: bool = False


def verify_bundle(bundle: Bundle) -> list[Check]:
    """Check every artifact of a bundle in every runtime that is installed."""
    pictures, damaged = _golden_pictures(bundle)
    checks = list(damaged)
    for entry in bundle.manifest.artifacts:
        checks += _verify_entry(bundle, entry, pictures if not damaged else None)
    return checks


def verify_file(path: Path) -> list[Check]:
    """Check a single file by the samples inside it."""
    embedded = read_embedded(path)
    artifact = open_artifact(path)
    pictures = [decode(data, name=f"a sample inside {path.name}") for data in embedded.pictures]
    wanted = np.array([sample.scores for sample in artifact.contract.samples], np.float32)
    checks = [Check(path.name, "contract", True, f"{len(artifact.contract.labels)} labels, {len(pictures)} samples")]
    # A file alone does not say what it was made on: one that is rounded may differ on another kind of machine as much as its rounding does.
    limits = LIMITS[artifact.contract.precision]
    tolerance = SAME_FILE_SCORE if artifact.contract.precision is Precision.FLOAT32 else limits.score or limits.margin
    names = [f"sample {index}" for index in range(len(pictures))]
    return checks + _in_runtimes(artifact, pictures, wanted, lambda runtime: tolerance, names)


def _golden_pictures(bundle: Bundle) -> tuple[list[NDArray[np.uint8]], list[Check]]:
    pictures, damaged = [], []
    for image in bundle.golden.images:
        try:
            path = bundle.golden_path(image)
            if sha256_of(path) != image.sha256:
                raise StoreError(f"{path} is not the image that was exported: its sha256 differs")
            pictures.append(decode(path))
        except (StoreError, ImageError) as error:
            damaged.append(Check(image.file, "golden image", False, error.message))
    return pictures, damaged


def _verify_entry(bundle: Bundle, entry: ArtifactRecord, pictures: list[NDArray[np.uint8]] | None) -> list[Check]:
    try:
        artifact = bundle.artifact(entry)
    except StoreError as error:
        return [Check(entry.file, "file", False, error.message)]
    checks = [Check(entry.file, "file", True, "sha256 as exported"), _contract_check(bundle, entry, artifact)]
    own = bundle.golden.own.get(entry.file)
    if pictures is None or own is None:
        return [*checks, Check(entry.file, "scores", None, "not checked: the golden images or their scores are missing")]
    names = [f"{image.file} ({image.variant} of {image.source})" for image in bundle.golden.images]

    return checks + _in_runtimes(artifact, pictures, np.array(own.scores, np.float32), _tolerance(bundle, entry, own), names)


def _tolerance(bundle: Bundle, entry: ArtifactRecord, own: OwnScores) -> Callable[[RuntimeSpec], float]:
    """Return how far each runtime may be from the scores that the file's own runtime gave when it was exported."""
    measured = {record.runtime: record.share for record in bundle.manifest.checks.parity if (record.file, record.against) == (entry.file, KERAS)}

    def tolerance(runtime: RuntimeSpec) -> float:
        if runtime.name == own.runtime:
            return SAME_FILE_SCORE if own.machine == platform.machine() else max(SAME_FILE_SCORE, *measured.values())
        # Each was so far from the trained model: together they are apart by the sum at most.
        if runtime.name in measured:
            return max(SAME_FILE_SCORE, measured.get(own.runtime, 0.0) + measured[runtime.name])
        # A runtime that the export did not ask rounds in its own way, by as much as this precision may; the file's own did too.
        return max(2 * LIMITS[entry.precision].margin, *measured.values())

    return tolerance


def _contract_check(bundle: Bundle, entry: ArtifactRecord, artifact: Artifact) -> Check:
    contract = artifact.contract
    wrong = [
        *(["labels"] if contract.labels != bundle.labels else []),
        *(["input"] if contract.input != entry.input else []),
        *(["output"] if contract.output != entry.output else []),
        *(["head"] if contract.head is not entry.head else []),
        *(["precision"] if contract.precision is not entry.precision else []),
        *(["preprocessing"] if contract.preprocessing != entry.preprocessing else []),
    ]
    detail = (
        f"the file and its bundle differ in: {', '.join(wrong)}" if wrong else f"{len(contract.labels)} labels, input, output and preprocessing agree"
    )
    return Check(entry.file, "contract", not wrong, detail)


def _in_runtimes(
    artifact: Artifact,
    pictures: list[NDArray[np.uint8]],
    wanted: NDArray[np.float32],
    tolerance: Callable[[RuntimeSpec], float],
    names: list[str],
) -> list[Check]:
    model_format = artifact.contract.format
    checks = [_scores_check(artifact, runtime, pictures, wanted, tolerance(runtime), names) for runtime in installed_for(model_format)]
    # A format that one runtime opens here is checked; only where none does is something missing.
    missing = [] if checks else runtimes_for(model_format)
    if artifact.contract.may_saturate and saturates_8_bit():
        checks.append(Check(artifact.path.name, "8-bit sums", None, WITHOUT_VNNI))
    return checks + [Check(artifact.path.name, row.name, None, f"not checked: not installed (pip install edgekit[{row.extra}])") for row in missing]


def _scores_check(
    artifact: Artifact, runtime: RuntimeSpec, pictures: list[NDArray[np.uint8]], wanted: NDArray[np.float32], tolerance: float, names: list[str]
) -> Check:
    subject = f"{runtime.name} {version_of(runtime)}"
    try:
        got = answers(artifact, runtime, pictures)
    except SessionError as error:
        return Check(artifact.path.name, subject, False, error.message)
    if got.shape != wanted.shape:
        return Check(artifact.path.name, subject, False, f"answers {got.shape}, recorded are {wanted.shape}")
    found = differences(wanted, got, margin=max(tolerance, LIMITS[artifact.contract.precision].margin))
    same_classes = artifact.contract.head is Head.FEATURES or not found.disagreeing
    passed = found.share <= tolerance and same_classes
    detail = f"{found.images} images, largest difference {found.share:.1e} of the range (limit {tolerance:.0e})"
    return Check(artifact.path.name, subject, passed, detail if passed else f"{detail}, worst: {names[found.worst]}", compared=True)
