"""What a model file says of itself, carried inside it: labels, tensors, preprocessing, and samples with expected scores.

TFLite files carry it as a zip behind the flatbuffer (as TFLite metadata does), ONNX files in ``metadata_props``.
Both are read here without the format's own library, and without trusting the file.
"""

from __future__ import annotations

import base64
import binascii
import mmap
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from edgekit.errors import StoreError
from edgekit.spec.export import Format, Head, Precision
from edgekit.spec.pixels import RAW, Pixels
from edgekit.spec.tensor import TensorSpec  # noqa: TC001
from edgekit.store import record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTRACT_SCHEMA = 1
CONTRACT_KEY = "edgekit.json"
LABELS_KEY = "labels.txt"
_MOST_ENTRIES = 64
_MOST_ENTRY_BYTES = 4 * 1024 * 1024
_FOREIGN_HINT = "only files that `edgekit export` wrote say what their input and labels are"


class Preprocessing(msgspec.Struct, frozen=True, kw_only=True):
    """What the graph itself does to a raw image: nothing is left to the caller.

    ``colour`` is the order of the raw image's channels; ``pixels`` is what the graph makes of them for the network inside.
    """

    image_px: int
    resize: str
    colour: str = "RGB"
    pixels: Pixels = RAW


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Where a model comes from. Holds no date, so that the same model gives the same bytes.

    A model that a run trained has all but ``file``; one that was trained elsewhere has ``file``, the name of its Keras file,
    and nothing is known of its training.
    """

    run: str | None = None
    recipe: str | None = None
    epochs: int | None = None
    test_accuracy: float | None = None
    dataset: str | None = None
    dataset_fingerprint: str | None = None
    file: str | None = None
    model_sha256: str
    versions: dict[str, str]


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A small image inside the file, its label where one is known, and what the file answered to it when it was made."""

    label: int | None
    scores: tuple[float, ...]


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that an app needs to know about a model file.

    ``multiply_adds`` are those of the trained network for one image, whatever the file was rewritten to (``None``: not told).
    ``made_for`` is the runtime that the file was rewritten for, where that is not its format's own.
    """

    schema: int
    network: str
    format: Format
    precision: Precision
    head: Head
    labels: tuple[str, ...]
    input: TensorSpec
    output: TensorSpec
    preprocessing: Preprocessing
    samples: tuple[Sample, ...]
    provenance: Provenance
    multiply_adds: int | None = None
    narrow_weights: bool = False
    made_for: str | None = None

    @property
    def may_saturate(self) -> bool:
        """Whether 8-bit kernels of x86 CPUs without VNNI may saturate on this file: seven-bit weights leave them room."""
        return self.format is Format.ONNX and self.precision is Precision.INT8 and not self.narrow_weights

    def __post_init__(self) -> None:
        scores = self.output.shape[-1] if self.output.shape else 0
        holds = {
            "the input has four dimensions, with three channels": len(self.input.shape) == 4 and self.input.shape[-1] == 3,
            "the output has two dimensions": len(self.output.shape) == 2,
            "there is a label for every score": self.head is Head.FEATURES or len(self.labels) == scores,
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
    for known in Format:
        if path.suffix.lower() == known.suffix:
            return known
    raise StoreError(f"not a model file. Received: {path}", hint="model files end in .tflite or .onnx")


def read_embedded(path: Path) -> Embedded:
    """Read the contract inside a model file.

    Raises:
        StoreError: the file is missing, damaged, hostile, or has no contract.

    """
    try:
        entries = _zip_entries(path) if format_of(path) is Format.TFLITE else _onnx_entries(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error.strerror or error})") from error
    if CONTRACT_KEY not in entries:
        raise StoreError(f"a model without a contract inside. Received: {path}", hint=_FOREIGN_HINT)
    contract = record.decode(entries[CONTRACT_KEY], Contract, schema=CONTRACT_SCHEMA, name=f"the contract inside {path.name}")
    if contract.format is not format_of(path):
        raise StoreError(f"a damaged contract: it is of a file in {contract.format.value}. Received: {path}", hint=_FOREIGN_HINT)
    if not contract.samples:
        raise StoreError(f"a damaged contract: it has no samples. Received: {path}", hint=_FOREIGN_HINT)
    keys = [sample_key(index) for index in range(len(contract.samples))]
    if any(key not in entries for key in keys):
        raise StoreError(f"a damaged contract: sample images are missing. Received: {path}", hint=_FOREIGN_HINT)
    labels = entries.get(LABELS_KEY, b"").decode("utf-8", "replace").splitlines()
    if tuple(labels) != contract.labels:
        raise StoreError(f"a damaged contract: the two lists of labels inside differ. Received: {path}", hint="export the model again")
    return Embedded(contract, tuple(entries[key] for key in keys))


def _zip_entries(path: Path) -> dict[str, bytes]:
    """Read the zip behind a flatbuffer. Entries are stored, never deflated, so a zip bomb is refused by its first entry."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            if len(infos) > _MOST_ENTRIES or any(info.compress_type != zipfile.ZIP_STORED or info.file_size > _MOST_ENTRY_BYTES for info in infos):
                raise StoreError(f"hostile metadata: too many, too large or compressed entries. Received: {path}", hint=_FOREIGN_HINT)
            return {info.filename: archive.read(info) for info in infos}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise StoreError(f"a model without a contract inside, or a damaged one. Received: {path} ({error})", hint=_FOREIGN_HINT) from error


def _onnx_entries(path: Path) -> dict[str, bytes]:
    """Read ``metadata_props`` (field 14 of ModelProto: pairs of key 1 and value 2); images are in base64."""
    with path.open("rb") as file:
        if path.stat().st_size == 0:
            raise StoreError(f"an empty file. Received: {path}", hint=_FOREIGN_HINT)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                pairs = [dict(_fields(data[start:end], 0, end - start)) for number, (start, end) in _spans(data, 0, len(data)) if number == 14]
                return {key.decode(): _decoded(key.decode(), value) for pair in pairs[:_MOST_ENTRIES] for key, value in [(pair[1], pair.get(2, b""))]}
            except (IndexError, KeyError, UnicodeDecodeError, binascii.Error) as error:
                raise StoreError(f"a damaged ONNX file. Received: {path}", hint=_FOREIGN_HINT) from error


def _decoded(key: str, value: bytes) -> bytes:
    return base64.b64decode(value, validate=True) if key.endswith(".png") else value


def _fields(data: bytes, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    for number, (first, last) in _spans(data, start, end):
        yield number, data[first:last]


def _spans(data: bytes | mmap.mmap, position: int, end: int) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield (field number, (start, end)) of a protobuf message's length-delimited fields; others are skipped."""
    while position < end:
        tag, position = _varint(data, position)
        wire = tag & 7
        if wire == 0:
            _, position = _varint(data, position)
        elif wire in (1, 5):
            position += 8 if wire == 1 else 4
        elif wire == 2:
            length, position = _varint(data, position)
            if position + length > end or (tag >> 3 == 14 and length > _MOST_ENTRY_BYTES):
                raise IndexError("a field goes beyond the end")
            yield tag >> 3, (position, position + length)
            position += length
        else:
            raise IndexError("an unknown wire type")


def _varint(data: bytes | mmap.mmap, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise IndexError("a number without an end")
