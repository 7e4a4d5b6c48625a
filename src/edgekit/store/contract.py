"""What a model file says of itself, carried inside it: labels, tensors, preprocessing, and samples with expected scores.

TFLite files carry it as a zip behind the flatbuffer (as TFLite metadata does), ONNX files in ``metadata_props``.
Both are read without the format's own library, and without trusting the file. The file's digest is beside them, see
`edgekit.store.containers.seal`.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from edgekit.errors import StoreError
from edgekit.spec.bounds import Count, Labels, Name, Places, Scores, Sha256, Share, Side, Text, Thresholds  # noqa: TC001 (msgspec reads the annotations)
from edgekit.spec.export import Head
from edgekit.spec.format import Format, Precision, format_named
from edgekit.spec.pixels import RAW, Pixels
from edgekit.spec.task import Decision, Task, labels_of
from edgekit.spec.tensor import TensorSpec  # noqa: TC001
from edgekit.store import record
from edgekit.store.containers.claims import untrue
from edgekit.store.containers.entries import FOREIGN_HINT, mapped, without_contract
from edgekit.store.containers.seal import digest
from edgekit.store.containers.table import container_of
from edgekit.store.files import reading
from edgekit.store.labels import labels_in
from edgekit.text.words import either

if TYPE_CHECKING:
    import mmap
    from pathlib import Path

    from edgekit.store.containers.protobuf import Span

CONTRACT_SCHEMA = 1
CONTRACT_KEY = "edgekit.json"
LABELS_KEY = "labels.txt"


class Preprocessing(msgspec.Struct, frozen=True, kw_only=True):
    """What the graph itself does to a raw image: nothing is left to the caller.

    ``colour`` is the order of the raw image's channels; ``pixels`` is what the graph makes of them for the network inside.
    """

    image_px: Side
    resize: Text
    colour: Name = "RGB"
    pixels: Pixels = RAW


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Where a model comes from. Holds no date, so that the same model gives the same bytes.

    A model that a run trained has all but ``file``; one that was trained elsewhere has ``file``, the name of its Keras file,
    and nothing is known of its training.
    """

    run: Text | None = None
    recipe: Text | None = None
    epochs: Count | None = None
    test_accuracy: Share | None = None
    dataset: Text | None = None
    dataset_fingerprint: Name | None = None
    file: Text | None = None
    model_sha256: Sha256
    versions: dict[Name, Name]


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A small image inside the file, its label where one is known, and what the file answered to it when it was made.

    Of several labels those that are known to be there are ``labels``, and ``label`` is ``None``.
    """

    label: Count | None
    scores: Scores
    labels: Places | None = None


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that an app needs to know about a model file.

    ``multiply_adds`` are those of the trained network for one image, whatever the file was rewritten to (``None``: not told).
    ``made_for`` is the runtime that the file was rewritten for, where that is not its format's own. ``sealed`` says that the file
    carries a digest of all its other bytes; files of an older edgekit do not.
    ``task`` says what the scores are of, and ``thresholds`` above which probability a score means its label, one a score: of two
    labels of a binary head the second.
    """

    schema: int
    network: Name
    format: Format
    precision: Precision
    head: Head
    labels: Labels
    input: TensorSpec
    output: TensorSpec
    preprocessing: Preprocessing
    samples: tuple[Sample, ...]
    provenance: Provenance
    multiply_adds: Count | None = None
    narrow_weights: bool = False
    made_for: Name | None = None
    sealed: bool = False
    task: Task = Task.CLASSES
    thresholds: Thresholds = ()

    @property
    def decision(self) -> Decision:
        """How the file's scores become an answer."""
        return Decision(self.task, self.head, self.thresholds)

    @property
    def may_saturate(self) -> bool:
        """Whether 8-bit kernels of x86 CPUs without VNNI may saturate on this file: weights of seven bits leave them room."""
        return self.format.spec.int8_may_saturate and self.precision is Precision.INT8 and not self.narrow_weights

    def __post_init__(self) -> None:
        scores = self.output.shape[-1] if self.output.shape else 0
        holds = {
            "the input has four dimensions, with three channels": len(self.input.shape) == 4 and self.input.shape[-1] == 3,
            "the output has two dimensions": len(self.output.shape) == 2,
            "there is a label for every score, or two for the one of a binary head": self.head is Head.FEATURES
            or len(self.labels) == labels_of(self.task, scores),
            "a binary head has one score": self.head is Head.FEATURES or self.task is not Task.BINARY or scores == 1,
            "there is a threshold for every score of a binary head, and of several labels": self.decision.fits(scores),
            "a threshold is a probability": all(0 < value < 1 for value in self.thresholds),
            "a sample has as many scores as the output": all(len(sample.scores) == scores for sample in self.samples),
        }
        for rule, kept in holds.items():
            if not kept:
                raise ValueError(f"broken rule: {rule}")


@dataclass(frozen=True, slots=True)
class Embedded:
    """What was found inside a model file; ``pictures`` are PNG bytes, one for each of the contract's samples."""

    contract: Contract
    pictures: tuple[bytes, ...]


def sample_key(index: int) -> str:
    """Return the name of sample ``index`` inside a file."""
    return f"sample-{index}.png"


def format_of(path: Path) -> Format:
    """Return the format that a file's name says."""
    kind = format_named(path)
    if kind is None:
        raise StoreError(f"not a model file. Received: {path}", hint=f"model files end in {either(known.suffix for known in Format)}")
    return kind


def read_embedded(path: Path) -> Embedded:
    """Read the contract inside a model file, and hold the file to it: its digest, where it has one, its structure and its tensors.

    Raises:
        StoreError: the file is missing, damaged, changed, hostile, or has no contract.

    """
    kind = format_of(path)
    with reading(path), mapped(path) as data:
        entries, seal = container_of(kind).entries(path, data)
        if CONTRACT_KEY not in entries:
            raise without_contract(path, data)
        found = _embedded(path, kind, entries)
        _hold_to_its_seal(path, data, found.contract, seal)
        _hold_to_its_tensors(path, data, found.contract)
    return found


def _embedded(path: Path, kind: Format, entries: dict[str, bytes]) -> Embedded:
    contract = record.decode(entries[CONTRACT_KEY], Contract, schema=CONTRACT_SCHEMA, name=f"the contract inside {path.name}")
    if contract.format is not kind:
        raise StoreError(f"a damaged contract: it is of a file in {contract.format.value}. Received: {path}", hint=FOREIGN_HINT)
    if not contract.samples:
        raise StoreError(f"a damaged contract: it has no samples. Received: {path}", hint=FOREIGN_HINT)
    keys = [sample_key(index) for index in range(len(contract.samples))]
    if any(key not in entries for key in keys):
        raise StoreError(f"a damaged contract: sample images are missing. Received: {path}", hint=FOREIGN_HINT)
    if labels_in(entries.get(LABELS_KEY, b""), f"the labels inside {path.name}") != contract.labels:
        raise StoreError(f"a damaged contract: the two lists of labels inside differ. Received: {path}", hint="export the model again")
    return Embedded(contract, tuple(entries[key] for key in keys))


def _hold_to_its_seal(path: Path, data: mmap.mmap, contract: Contract, seal: Span | None) -> None:
    """Refuse a file whose bytes are not those that were exported; one of an older edgekit has no digest to tell."""
    if seal is None and not contract.sealed:
        return
    if seal is None or not hmac.compare_digest(digest(data, seal), data[slice(*seal)]):
        raise StoreError(
            f"the file is not as it was exported: {'its digest is gone' if seal is None else 'its bytes do not match its digest'}. Received: {path}",
            hint="a copy was damaged, or another program wrote into it (a metadata writer, onnx.save): take the exported file again",
        )


def _hold_to_its_tensors(path: Path, data: mmap.mmap, contract: Contract) -> None:
    # What is read here is what every runtime is given to open: a structure that does not hold together goes no further.
    container = container_of(contract.format)
    try:
        container.check(data)
        problem = untrue(container.tensors(data), contract.precision, contract.input, contract.output)
    except (IndexError, UnicodeDecodeError) as error:
        raise StoreError(f"a damaged {contract.format.value} file: {error}. Received: {path}", hint="take the exported file again") from error
    if problem:
        raise StoreError(f"the contract inside is not true of the file: it says {problem}. Received: {path}", hint="export the model again")
