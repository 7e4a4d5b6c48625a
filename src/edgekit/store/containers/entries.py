"""What stands inside a model file beside its graph, by name, and where its digest is.

TFLite files have it in a zip behind the flatbuffer, ONNX files in ``metadata_props``.
"""

from __future__ import annotations

import base64
import binascii
import mmap
import os
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from edgekit.errors import ForeignFileError, StoreError
from edgekit.spec.format import Format
from edgekit.store.containers.protobuf import Span, spans
from edgekit.store.containers.seal import SEAL_KEY, at_the_end
from edgekit.store.files import opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOREIGN_HINT = "only files that `edgekit export` wrote say what their input and labels are"
_OURS, _TFLITE = b"edgekit", b"TFL3"
_MOST_ENTRIES = 64
_MOST_ENTRY_BYTES = 4 * 1024 * 1024
# Fields of onnx.proto.
_METADATA_PROPS, _KEY, _VALUE = 14, 1, 2


def without_contract(path: Path, data: mmap.mmap) -> StoreError:
    """Return what to raise for a model in which no contract is found: one of ours has lost it, and names edgekit all the same."""
    if data.find(_OURS) >= 0:
        return StoreError(f"a damaged file: the contract inside is gone. Received: {path}", hint="copy or export it again")
    return ForeignFileError(f"a model without a contract inside: edgekit did not make it. Received: {path}", hint=FOREIGN_HINT)


def entries_of(path: Path, data: mmap.mmap, kind: Format) -> tuple[dict[str, bytes], Span | None]:
    """Return the entries, and where the digest is (``None``: there is none).

    Raises:
        StoreError: the file is damaged or hostile, or has no entries.

    """
    return _of_tflite(path, data) if kind is Format.TFLITE else _of_onnx(path, data)


@contextmanager
def mapped(path: Path) -> Iterator[mmap.mmap]:
    """Map a file into memory, to be read; one that is empty is a `StoreError`."""
    with opened(path) as file:
        if os.fstat(file.fileno()).st_size == 0:
            raise StoreError(f"an empty file. Received: {path}", hint=FOREIGN_HINT)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield data


def _of_tflite(path: Path, data: mmap.mmap) -> tuple[dict[str, bytes], Span | None]:
    """Read the zip behind a flatbuffer. Entries are stored, never deflated, so a zip bomb is refused by its first entry."""
    try:
        with opened(path) as file, zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            if len(infos) > _MOST_ENTRIES or any(info.compress_type != zipfile.ZIP_STORED or info.file_size > _MOST_ENTRY_BYTES for info in infos):
                raise StoreError(f"hostile metadata: too many, too large or compressed entries. Received: {path}", hint=FOREIGN_HINT)
            return {info.filename: archive.read(info) for info in infos}, at_the_end(data)
    except zipfile.BadZipFile as error:
        if data[4:8] == _TFLITE:
            raise without_contract(path, data) from error
        raise StoreError(f"a model without a contract inside, or a damaged one. Received: {path} ({error})", hint=FOREIGN_HINT) from error
    except (NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise StoreError(f"a model without a contract inside, or a damaged one. Received: {path} ({error})", hint=FOREIGN_HINT) from error


def _of_onnx(path: Path, data: mmap.mmap) -> tuple[dict[str, bytes], Span | None]:
    """Read ``metadata_props``: pairs of a key and a value; images are in base64."""
    try:
        found = dict(_pairs(data))
        entries = {key: _decoded(key, data[slice(*span)]) for key, span in found.items()}
    except (IndexError, UnicodeDecodeError, binascii.Error) as error:
        raise StoreError(f"a damaged ONNX file. Received: {path}", hint=FOREIGN_HINT) from error
    return entries, found.get(SEAL_KEY)


def _pairs(data: mmap.mmap) -> Iterator[tuple[str, Span]]:
    for number, pair in enumerate(spans(data, (0, len(data)), _METADATA_PROPS)):
        if number >= _MOST_ENTRIES:
            return
        if pair[1] - pair[0] > _MOST_ENTRY_BYTES:
            raise IndexError("an entry larger than any of ours")
        key, value = (next(spans(data, pair, part), None) for part in (_KEY, _VALUE))
        if key is None:
            raise IndexError("an entry without a key")
        yield bytes(data[slice(*key)]).decode(), value or (pair[1], pair[1])


def _decoded(key: str, value: bytes) -> bytes:
    return base64.b64decode(value, validate=True) if key.endswith(".png") else value
