"""A measurement on disk: JSON Lines, a header and then one line a block. A torn last line is ignored."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from edgekit.errors import SchemaError, StoreError
from edgekit.spec.protocol import Protocol  # noqa: TC001 (msgspec reads the annotations)
from edgekit.store import record
from edgekit.store.atomic import free_name, writing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

RESULT_SCHEMA = 1
_MOST_BYTES = 512 * 1024 * 1024


class ImageRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An image that was measured with: its label and Keras' top class, where they are known."""

    name: str
    label: int | None = None
    keras: int | None = None


class ResultHeader(msgspec.Struct, frozen=True, kw_only=True):
    """How, on what machine, and with which images; ``images`` by bundle or file."""

    schema: int
    protocol: Protocol
    started_at: str
    environment: dict[str, str | int | float | bool | None]
    images: dict[str, tuple[ImageRecord, ...]]


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """One process of one artifact in one runtime.

    ``visited`` is the image of each timed sample; ``scores`` are those of each distinct image, once. ``error`` says why
    there are no samples.
    """

    source: str
    file: str
    sha256: str
    bytes: int
    precision: str
    runtime: str
    version: str
    threads: int
    process: int
    input_px: tuple[int, int] = (0, 0)
    load_ns: int = 0
    first_ns: int = 0
    warmup_ns: tuple[int, ...] = ()
    timed_ns: tuple[int, ...] = ()
    visited: tuple[int, ...] = ()
    scores: dict[int, tuple[float, ...]] = msgspec.field(default_factory=dict)
    involuntary_switches: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """A measurement: its file, header and whole blocks."""

    path: Path
    header: ResultHeader
    blocks: tuple[Block, ...]


class ResultWriter:
    """Writes a line at a time, flushed to the disk: a power cut loses one block."""

    def __init__(self, path: Path, header: ResultHeader, *, numbered: bool) -> None:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self.path = free_name(path, suffix=path.suffix) if numbered else path
            self._file = self.path.open("xb")
        self._line(header)

    def add(self, block: Block) -> None:
        """Append one block."""
        self._line(block)

    def _line(self, entry: msgspec.Struct) -> None:
        with writing(self.path):
            self._file.write(msgspec.json.encode(entry) + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file; one that holds no block is taken away."""
        self._file.close()
        if self.path.read_bytes().count(b"\n") < 2:
            self.path.unlink()


def read_result(path: Path) -> Result:
    """Read a measurement; a last line without its end is left out."""
    if not path.is_file():
        raise StoreError(f"there is no such result. Received: {path}", hint="`edgekit bench` writes one into results/")
    lines = record.read_bytes(path, _MOST_BYTES).split(b"\n")[:-1]
    if not lines:
        raise SchemaError(f"an empty result. Received: {path}", hint="measure again with `edgekit bench`")
    header = record.decode(lines[0], ResultHeader, schema=RESULT_SCHEMA, name=str(path))
    try:
        blocks = tuple(msgspec.json.decode(line, type=Block) for line in lines[1:])
    except msgspec.MsgspecError as error:
        raise SchemaError(f"a damaged result. Received: {path} ({error})", hint="measure again with `edgekit bench`") from error
    if not blocks:
        raise SchemaError(f"a result without a measurement. Received: {path}", hint="measure again with `edgekit bench`")
    for block in blocks:
        images = len(header.images.get(block.source, ()))
        if any(not 0 <= index < images for index in block.scores):
            raise SchemaError(f"a damaged result: a block has images that its header does not. Received: {path}", hint="measure again")
    return Result(path, header, blocks)


def newest_results(folder: Path) -> Sequence[Path]:
    """Return the newest result in ``folder``, as a list of one."""
    found = list(folder.glob("*.jsonl")) if folder.is_dir() else []
    if not found:
        raise StoreError(f"there is no result. Received: {folder}/", hint="`edgekit bench` writes one into results/")
    return [max(found, key=lambda path: (path.stat().st_mtime_ns, path.name))]
