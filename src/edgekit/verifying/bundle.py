"""Verification of bundles and single files: hashes, labels, contract, and the scores recorded at export."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from edgekit.datasets.decode import decode
from edgekit.errors import ImageError, SessionError, StoreError
from edgekit.host.cpu import WITHOUT_VNNI, saturates_8_bit
from edgekit.runtimes.base import installed_for, version_of
from edgekit.spec.limits import SAME_FILE_SCORE, limits_of, up_to
from edgekit.spec.runtime import runtimes_for
from edgekit.store.bundle import Artifact, Bundle, open_artifact, sha256_of
from edgekit.store.contract import read_embedded
from edgekit.verifying.answers import answers
from edgekit.verifying.check import Check
from edgekit.verifying.labels import label_checks
from edgekit.verifying.verdict import judged, refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from edgekit.runtimes.base import Opener
    from edgekit.spec.limits import Spread
    from edgekit.spec.runtime import RuntimeSpec
    from edgekit.store.golden import OwnScores
    from edgekit.store.manifest import ArtifactRecord


@dataclass(frozen=True, slots=True)
class Expected:
    """What a runtime is to answer, float32 (images, scores), and how near to it."""

    scores: NDArray[np.float32]
    limit: Spread


def verify_bundle(bundle: Bundle, *, opener: Opener | None = None) -> list[Check]:
    """Check every artifact of a bundle in every runtime that is installed; ``opener`` opens sessions elsewhere than in this process."""
    pictures, damaged = golden_pictures(bundle)
    checks = [*label_checks(bundle), *damaged]
    for entry in bundle.manifest.artifacts:
        checks += _verify_entry(bundle, entry, pictures if not damaged else None, opener)
    return checks


def verify_file(path: Path, *, opener: Opener | None = None) -> list[Check]:
    """Check a single file by the samples inside it; ``opener`` opens sessions elsewhere than in this process."""
    embedded = read_embedded(path)
    artifact = open_artifact(path)
    pictures = [decode(data, name=f"a sample inside {path.name}") for data in embedded.pictures]
    wanted = np.array([sample.scores for sample in artifact.contract.samples], np.float32)
    checks = _alone(artifact, len(pictures))

    def expected(runtime: RuntimeSpec) -> Expected:
        return Expected(wanted, _limit_alone(artifact, runtime))

    return checks + _in_runtimes(artifact, pictures, expected, sample_names(artifact), opener)


def golden_pictures(bundle: Bundle) -> tuple[list[NDArray[np.uint8]], list[Check]]:
    """Return the golden images, and what is wrong with those that are missing or not as exported."""
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


def image_names(bundle: Bundle) -> list[str]:
    """Return what the golden images are called where one shows something."""
    return [f"{image.file} ({image.variant} of {image.source})" for image in bundle.golden.images]


def sample_names(artifact: Artifact) -> list[str]:
    """Return what the images inside a single file are called."""
    return [f"sample {index}" for index in range(len(artifact.contract.samples))]


def _verify_entry(bundle: Bundle, entry: ArtifactRecord, pictures: list[NDArray[np.uint8]] | None, opener: Opener | None) -> list[Check]:
    try:
        artifact = bundle.artifact(entry)
    except StoreError as error:
        return [Check(entry.file, "file", False, error.message)]
    checks = [Check(entry.file, "file", True, "sha256 as exported"), _contract_check(bundle, entry, artifact)]
    own = bundle.golden.own.get(entry.file)
    if pictures is None or own is None:
        return [*checks, Check(entry.file, "scores", None, "not checked: the golden images or their scores are missing")]
    return checks + _in_runtimes(artifact, pictures, partial(_expected, own, entry), image_names(bundle), opener)


def _alone(artifact: Artifact, samples: int) -> list[Check]:
    """Tell what a file that could be read shows by itself: one that is not as its digest says could not."""
    contract, name = artifact.contract, artifact.path.name
    inside = f"{len(contract.labels)} labels, {samples} samples"
    if contract.sealed:
        return [Check(name, "contract", True, f"{inside}; all bytes as exported, by the digest inside")]
    return [
        Check(name, "contract", True, inside),
        Check(name, "file", None, "not checked: made by an older edgekit, without a digest inside"),
    ]


def _limit_alone(artifact: Artifact, runtime: RuntimeSpec) -> Spread:
    """Return how far ``runtime`` may be from the scores inside a file, which are those of its format's own runtime on a machine unknown."""
    limits = limits_of(artifact.contract.precision, artifact.contract.head)
    own = runtime == runtimes_for(artifact.contract.format)[0]
    return up_to(limits.score or limits.margin) if own else limits.far


def _expected(own: OwnScores, entry: ArtifactRecord, runtime: RuntimeSpec) -> Expected:
    """Return what ``runtime`` is to answer: as it did at export, or about as the file's own runtime did."""
    scores, limits = np.array(own.scores, np.float32), limits_of(entry.precision, entry.head)
    if runtime.name == own.runtime:
        return Expected(scores, up_to(SAME_FILE_SCORE) if platform.machine() == own.machine else limits.near)
    recorded = next((other for other in own.others if (other.runtime, other.version) == (runtime.name, version_of(runtime))), None)
    if recorded is None:
        return Expected(scores, limits.far)
    # On one architecture too: a CPU without some instructions has other kernels.
    apart = np.frombuffer(b"".join(recorded.bytes_of(len(scores))), "<f2").astype(np.float32).reshape(scores.shape)
    return Expected(scores + apart, limits.near)


def _contract_check(bundle: Bundle, entry: ArtifactRecord, artifact: Artifact) -> Check:
    contract = artifact.contract
    wrong = [
        *(["labels"] if contract.labels != bundle.labels else []),
        *(["input"] if contract.input != entry.input else []),
        *(["output"] if contract.output != entry.output else []),
        *(["head"] if contract.head is not entry.head else []),
        *(["task"] if contract.task is not bundle.manifest.task else []),
        *(["thresholds"] if contract.thresholds != bundle.manifest.thresholds else []),
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
    expected: Callable[[RuntimeSpec], Expected],
    names: list[str],
    opener: Opener | None,
) -> list[Check]:
    model_format = artifact.contract.format
    checks = [_scores_check(artifact, runtime, pictures, expected(runtime), names, opener) for runtime in installed_for(model_format)]
    # A format that one runtime opens here is checked; only where none does is something missing.
    missing = [] if checks else runtimes_for(model_format)
    if artifact.contract.may_saturate and saturates_8_bit():
        checks.append(Check(artifact.path.name, "8-bit sums", None, WITHOUT_VNNI))
    return checks + [Check(artifact.path.name, row.name, None, f"not checked: not installed (pip install edgekit[{row.extra}])") for row in missing]


def _scores_check(
    artifact: Artifact, runtime: RuntimeSpec, pictures: list[NDArray[np.uint8]], expected: Expected, names: list[str], opener: Opener | None
) -> Check:
    subject = f"{runtime.name} {version_of(runtime)}"
    try:
        got = answers(artifact, runtime, pictures, opener=opener)
    except SessionError as error:
        return refused(artifact, subject, runtime.name, error)
    return judged(artifact, subject, (expected.scores, got), names, limit=expected.limit)
