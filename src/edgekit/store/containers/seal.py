"""The digest by which a model file alone tells that all its bytes are those that were exported.

It is the SHA-256 of every byte of the file but its own. A TFLite file has it at its very end, as the comment of the zip
there; an ONNX file has it as an entry of ``metadata_props``.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import mmap

    from edgekit.store.containers.protobuf import Span

SEAL_KEY = "edgekit.sha256"
BLANK = b"0" * 64
"""What stands in the digest's place until it is known."""
TRAILER = f"{SEAL_KEY}:".encode()


def digest(data: bytes | mmap.mmap, place: Span) -> bytes:
    """Return the digest, in 64 hexadecimal digits, of all bytes but those at ``place``."""
    start, end = place
    with memoryview(data) as view, view[:start] as before, view[end:] as behind:
        found = hashlib.sha256(before)
        found.update(behind)
    return found.hexdigest().encode()


def sealed(data: bytes, before: bytes) -> bytes:
    """Return a file with its digest in place of the blank one, which stands behind the last ``before``."""
    start = data.rindex(before + BLANK) + len(before)
    place = start, start + len(BLANK)
    return b"".join((data[:start], digest(data, place), data[place[1] :]))


def at_the_end(data: bytes | mmap.mmap) -> Span | None:
    """Return where a TFLite file has its digest; ``None``: it has none."""
    start = len(data) - len(BLANK)
    return (start, len(data)) if data[max(0, start - len(TRAILER)) : max(0, start)] == TRAILER else None
