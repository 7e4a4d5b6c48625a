"""What stands in an ONNX file beside its graph: ``metadata_props``."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from edgekit.errors import StoreError
from edgekit.store.containers.entries import FOREIGN_HINT, MOST_ENTRIES, MOST_ENTRY_BYTES
from edgekit.store.containers.protobuf import Span, spans
from edgekit.store.containers.seal import SEAL_KEY

if TYPE_CHECKING:
    import mmap
    from collections.abc import Iterator
    from pathlib import Path

# Fields of onnx.proto.
_METADATA_PROPS, _KEY, _VALUE = 14, 1, 2


def read(path: Path, data: mmap.mmap) -> tuple[dict[str, bytes], Span | None]:
    """Read ``metadata_props``: pairs of a key and a value; images are in base64.

    Raises:
        StoreError: the file is damaged or hostile.

    """
    try:
        found = dict(_pairs(data))
        entries = {key: _decoded(key, data[slice(*span)]) for key, span in found.items()}
    except (IndexError, UnicodeDecodeError, binascii.Error) as error:
        raise StoreError(f"a damaged ONNX file. Received: {path}", hint=FOREIGN_HINT) from error
    return entries, found.get(SEAL_KEY)


def _pairs(data: mmap.mmap) -> Iterator[tuple[str, Span]]:
    for number, pair in enumerate(spans(data, (0, len(data)), _METADATA_PROPS)):
        if number >= MOST_ENTRIES:
            return
        if pair[1] - pair[0] > MOST_ENTRY_BYTES:
            raise IndexError("an entry larger than any of ours")
        key, value = (next(spans(data, pair, part), None) for part in (_KEY, _VALUE))
        if key is None:
            raise IndexError("an entry without a key")
        yield bytes(data[slice(*key)]).decode(), value or (pair[1], pair[1])


def _decoded(key: str, value: bytes) -> bytes:
    return base64.b64decode(value, validate=True) if key.endswith(".png") else value
