"""A bundle: model files with labels, golden images and a manifest. What an export gives, and all that a device needs."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import msgspec

from edgekit.errors import SchemaError, StoreError
from edgekit.spec.accuracy import Accuracy  # noqa: TC001
from edgekit.spec.bounds import AtLeastOne, Count, FileName, Folder, Label, Name, Seed, Sha256, Share, Text, Texts, Thresholds  # noqa: TC001 (msgspec reads the annotations)
from edgekit.spec.export import Format, Head, Precision  # noqa: TC001 (msgspec reads the annotations)
from edgekit.spec.task import Decision, Task
from edgekit.spec.tensor import TensorSpec  # noqa: TC001
from edgekit.store import record
from edgekit.store.bundle_rules import contradiction
from edgekit.store.contract import Contract, Preprocessing, Provenance, read_embedded
from edgekit.store.files import inside, opened, read_bytes, reading
from edgekit.store.golden import GOLDEN_FILE, GOLDEN_SCHEMA, Golden, GoldenImage
from edgekit.store.labels import labels_in

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST_SCHEMA = 2
MANIFEST_FILE = "manifest.json"
LABELS_FILE = "labels.txt"
TUNED_FILE = "tuned.toml"
KERAS = "keras"
"""What a parity record is against, where that is the trained model."""
_Distance = Annotated[float, msgspec.Meta(ge=0)]
_MOST_BYTES = 64 * 1024 * 1024


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """The images that an int8 file's ranges were measured on: ``images`` of ``source``, chosen evenly from its classes by ``seed``.

    ``fingerprint`` is that of their names, classes and contents.
    """

    source: Text
    images: Count
    seed: Seed
    fingerprint: Name


class ArtifactRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One model file, as the manifest tells it.

    ``left_out`` are rewrites of its tuning that it does without, and ``layers_in_float`` layers that are not in int8: with all, it lost too much.
    ``biases_corrected``: the mean of what rounding adds is taken back. A file in int8 alone has that, and a ``calibration``.
    """

    file: FileName
    format: Format
    precision: Precision
    head: Head
    tuning: Name
    sha256: Sha256
    bytes: Count
    input: TensorSpec
    output: TensorSpec
    preprocessing: Preprocessing
    operators: dict[Name, Count]
    rewrites: Texts
    layers_in_float: Texts = ()
    left_out: Texts = ()
    biases_corrected: bool = False
    calibration: Calibration | None = None
    provenance: Provenance


class ParityRecord(msgspec.Struct, frozen=True, kw_only=True):
    """How far ``file`` in ``runtime`` was from ``against`` (`KERAS`, or another file).

    ``score_difference`` is |Δscore| of the golden image where it is the largest share of its range, ``score_range`` that range;
    ``counted`` of ``images`` images (of several labels: of so many decisions on each) had a margin wide enough to
    count for ``agreement``. ``tested`` is ``None`` for features,
    and where the test images' classes are not known; its counts are beside ``against``.
    """

    file: FileName
    runtime: Name
    version: Name
    against: Name
    golden_images: Count
    score_difference: _Distance
    score_range: _Distance
    relative_l2: _Distance
    images: Count
    counted: Count
    agreement: Share
    agreement_of_all: Share
    tested: Accuracy | None = None

    @property
    def share(self) -> float:
        """The largest score difference as a share of the range."""
        return self.score_difference / self.score_range if self.score_range else self.score_difference


class TrialRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A rewrite that was tried against the best so far while a tuning was searched for: medians of an image.

    Both are 0 where the candidate could not be made, or did not answer as the trained model does. ``kept``: of the alternatives, this
    one is in the tuning. ``cpu`` is that of the machine that measured.
    """

    format: Format
    precision: Precision
    runtime: Name
    version: Name
    rewrite: Name
    cpu: Text
    kept: bool
    best_ns: Count
    candidate_ns: Count


class Checks(msgspec.Struct, frozen=True, kw_only=True):
    """What depends on the machine that exported."""

    machine: Text
    exported_at: Name
    parity: Annotated[tuple[ParityRecord, ...], msgspec.Meta(min_length=1)]
    tuning: tuple[TrialRecord, ...] = ()

    @property
    def test_images(self) -> list[int]:
        """How many test images files were held against the trained model on: two numbers where those of 8 bits had more."""
        return sorted({record.tested.images for record in self.parity if record.tested and record.against == KERAS})


class ClassCount(msgspec.Struct, frozen=True, kw_only=True):
    """A class in the test set: its images, and how many of them the trained model is right on: of several labels, names it on."""

    label: Label
    images: AtLeastOne
    right: Count

    def __post_init__(self) -> None:
        if self.right > self.images:
            raise ValueError(f"broken rule: no more images are right than there are. Received: {self!r}")


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle's table of contents. ``story`` says in a paragraph what is known of the model, in Markdown.

    ``licence`` is an SPDX identifier; ``None`` where none was given. ``task`` and ``thresholds`` are those inside its files.
    """

    schema: int
    name: Folder
    network: Name
    story: Text
    licence: Name | None = None
    task: Task = Task.CLASSES
    thresholds: Thresholds = ()
    classes: tuple[ClassCount, ...] = ()
    labels_sha256: Sha256
    golden_sha256: Sha256
    artifacts: Annotated[tuple[ArtifactRecord, ...], msgspec.Meta(min_length=1)]
    checks: Checks

    def __post_init__(self) -> None:
        if any(len(entry.output.shape) != 2 or not self.decision.fits(entry.output.shape[-1]) for entry in self.artifacts):
            raise ValueError("broken rule: a file has scores, and of a binary head, or of several labels, there is a threshold for each")

    @property
    def decision(self) -> Decision:
        """How scores of its files become an answer."""
        return Decision(self.task, self.artifacts[0].head, self.thresholds)


@dataclass(frozen=True, slots=True)
class Artifact:
    """A model file that can be opened: its path, and the contract inside it."""

    path: Path
    contract: Contract
    sha256: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle's folder with its manifest, labels and golden images."""

    folder: Path
    manifest: Manifest
    labels: tuple[str, ...]
    golden: Golden

    def artifact(self, entry: ArtifactRecord) -> Artifact:
        """Open one of the manifest's files, if its bytes are those that were exported."""
        path = inside(self.folder, entry.file)
        found = sha256_of(path)
        if found != entry.sha256:
            raise StoreError(f"{path} is not the file that was exported: its sha256 differs", hint="copy the bundle again, or export again")
        return Artifact(path, read_embedded(path).contract, found)

    def golden_path(self, image: GoldenImage) -> Path:
        """Return the path of a golden image."""
        return inside(self.folder, image.file)


def open_bundle(folder: Path) -> Bundle:
    """Read a bundle's manifest, labels and golden table; model files are not opened yet."""
    if not (folder / MANIFEST_FILE).is_file():
        raise StoreError(f"this is no bundle: it has no {MANIFEST_FILE}. Received: {folder}", hint="`edgekit export` makes one in exported/")
    manifest = record.read(folder / MANIFEST_FILE, Manifest, schema=MANIFEST_SCHEMA)
    labels = labels_in(_checked(folder / LABELS_FILE, manifest.labels_sha256), str(folder / LABELS_FILE))
    golden = record.decode(_checked(folder / GOLDEN_FILE, manifest.golden_sha256), Golden, schema=GOLDEN_SCHEMA, name=str(folder / GOLDEN_FILE))
    problem = contradiction(manifest, labels, golden)
    if problem:
        raise SchemaError(f"{problem}. Received: {folder}", hint="copy the bundle again, or export again")
    return Bundle(folder, manifest, labels, golden)


def open_artifact(path: Path) -> Artifact:
    """Open a single model file by the contract inside it."""
    if not os.path.lexists(path):  # a pipe, a device, or links in a circle are refused as that
        raise StoreError(f"there is no such file. Received: {path}", hint="`edgekit export` writes model files into exported/")
    return Artifact(path, read_embedded(path).contract, sha256_of(path))


def bundles_below(parent: Path) -> list[Path]:
    """Return the folders of all bundles in ``parent``, sorted by name."""
    return sorted(path.parent for path in parent.glob(f"*/{MANIFEST_FILE}") if not path.parent.name.startswith("."))


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file's bytes."""
    with opened(path) as file, reading(path):
        return hashlib.file_digest(file, "sha256").hexdigest()


def _checked(path: Path, sha256: str) -> bytes:
    data = read_bytes(path, _MOST_BYTES)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise StoreError(f"{path} is not the file that was exported: its sha256 differs", hint="copy the bundle again, or export again")
    return data
