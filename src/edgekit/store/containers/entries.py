"""What stands inside a model file beside its graph, by name: what is the same for all formats."""

from __future__ import annotations

import mmap
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from edgekit.errors import ForeignFileError, StoreError
from edgekit.store.files import opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOREIGN_HINT = "only files that `edgekit export` wrote say what their input and labels are"
MOST_ENTRIES = 64
MOST_ENTRY_BYTES = 4 * 1024 * 1024
_OURS = b"edgekit"


def without_contract(path: Path, data: mmap.mmap) -> StoreError:
    """Return what to raise for a model in which no contract is found: one of ours has lost it, and names edgekit all the same."""
    if data.find(_OURS) >= 0:
        return StoreError(f"a damaged file: the contract inside is gone. Received: {path}", hint="copy or export it again")
    return ForeignFileError(f"a model without a contract inside: edgekit did not make it. Received: {path}", hint=FOREIGN_HINT)


@contextmanager
def mapped(path: Path) -> Iterator[mmap.mmap]:
    """Map a file into memory, to be read; one that is empty is a `StoreError`."""
    with opened(path) as file:
        if os.fstat(file.fileno()).st_size == 0:
            raise StoreError(f"an empty file. Received: {path}", hint=FOREIGN_HINT)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield data
