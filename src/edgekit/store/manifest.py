"""A bundle's table of contents, as records: its files, what was measured of them, and where they come from."""

from __future__ import annotations

from typing import Annotated

import msgspec

from edgekit.spec.accuracy import Accuracy  # noqa: TC001
from edgekit.spec.bounds import AtLeastOne, Count, FileName, Folder, Label, Name, Seed, Sha256, Share, Text, Texts, Thresholds  # noqa: TC001 (msgspec reads the annotations)
from edgekit.spec.export import Head  # noqa: TC001 (msgspec reads the annotations)
from edgekit.spec.format import Format, Precision  # noqa: TC001 (msgspec reads the annotations)
from edgekit.spec.task import Decision, Task
from edgekit.spec.tensor import TensorSpec  # noqa: TC001
from edgekit.store.contract import Preprocessing, Provenance  # noqa: TC001

MANIFEST_SCHEMA = 2
KERAS = "keras"
"""What a parity record is against, where that is the trained model."""
_Distance = Annotated[float, msgspec.Meta(ge=0)]


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
