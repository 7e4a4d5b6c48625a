"""Writing a measurement, block by block."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Self

import msgspec

from edgekit.errors import StoreError
from edgekit.store.atomic import write_new, writing
from edgekit.store.files import read_bytes
from edgekit.store.record import encodable
from edgekit.store.result import MOST_RESULT_BYTES

if TYPE_CHECKING:
    from pathlib import Path

    from edgekit.store.measurement import Block, ResultHeader


class ResultWriter:
    """Writes a line at a time, flushed to the disk: a power cut loses one block, a full disk leaves whole lines."""

    def __init__(self, path: Path, *, blocks: int) -> None:
        self.path, self.blocks = path, blocks
        with writing(path):
            # Unbuffered: nothing is left to be written by a later close.
            self._file = path.open("r+b", buffering=0)
            self._end = self._file.seek(0, os.SEEK_END)

    @classmethod
    def start(cls, path: Path, header: ResultHeader, *, numbered: bool) -> Self:
        """Begin a result; ``numbered``: under the first name that is free."""
        return cls(write_new(path, _line(header), numbered=numbered), blocks=0)

    @classmethod
    def resume(cls, path: Path) -> Self:
        """Go on with a result; a torn last line is cut off."""
        data = read_bytes(path, MOST_RESULT_BYTES)
        lines = [line for line in data.split(b"\n")[:-1] if line.strip()]
        writer = cls(path, blocks=max(0, len(lines) - 1))
        writer._cut(data.rfind(b"\n") + 1)
        return writer

    def add(self, block: Block) -> None:
        """Append one block."""
        line = memoryview(_line(block))
        try:
            with writing(self.path):
                while line:
                    line = line[self._file.write(line) :]
                os.fsync(self._file.fileno())
        except StoreError:
            self._cut(self._end)
            raise
        self._end = self._file.tell()
        self.blocks += 1

    def _cut(self, end: int) -> None:
        with writing(self.path):
            self._file.truncate(end)
            self._end = self._file.seek(end)

    def close(self) -> None:
        """Close the file; one that holds no block is taken away."""
        self._file.close()
        if not self.blocks:
            self.path.unlink(missing_ok=True)


def _line(entry: msgspec.Struct) -> bytes:
    with encodable():
        return msgspec.json.encode(entry) + b"\n"
