"""Flatbuffers, read from a file that is not trusted, without the format's own library."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import mmap

_MOST_ENTRIES = 1_000_000


@dataclass(slots=True)
class Budget:
    """How many entries of vectors may be read still: in a hostile file, vectors of a million others lead to each other."""

    left: int = 2 * _MOST_ENTRIES

    def spend(self, entries: int) -> None:
        """Take off what is read now."""
        self.left -= entries
        if self.left < 0:
            raise IndexError("more entries than a model has")


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a flatbuffer: its fields by their number in the schema.

    What is read beyond the end of the file, or from before its beginning, is an `IndexError`.
    """

    data: bytes | mmap.mmap
    position: int
    budget: Budget | None = None

    def number(self, field: int, code: str, default: int = 0) -> int:
        """Return a whole number; ``code`` is that of `struct`."""
        place = self._place(field)
        return _read(self.data, place, code) if place else default

    def table(self, field: int) -> Table | None:
        """Return the table that a field leads to."""
        place = self._place(field)
        return Table(self.data, place + _read(self.data, place, "I"), self.budget) if place else None

    def tables(self, field: int) -> tuple[Table, ...]:
        """Return the tables of a vector."""
        start, length = self._vector(field)
        places = range(start, start + 4 * length, 4)
        return tuple(Table(self.data, place + _read(self.data, place, "I"), self.budget) for place in places)

    def numbers(self, field: int) -> tuple[int, ...] | None:
        """Return the 32-bit numbers of a vector; ``None`` where there is none."""
        start, length = self._vector(field)
        return tuple(_read(self.data, start + 4 * index, "i") for index in range(length)) if start else None

    def length(self, field: int) -> int:
        """Return how many entries a vector has."""
        place = self._place(field)
        return _read(self.data, place + _read(self.data, place, "I"), "I") if place else 0

    def extent(self, field: int, width: int = 1) -> int:
        """Return how many bytes a vector of numbers of ``width`` bytes, or a string, takes: all are in the file."""
        place = self._place(field)
        if not place:
            return 0
        start = place + _read(self.data, place, "I")
        extent = width * _read(self.data, start, "I")
        if start + 4 + extent > len(self.data):
            raise IndexError("a vector beyond the end")
        return extent

    def hold(self) -> None:
        """See that all of the table is in the file, whatever its fields are."""
        fields = self.position - _read(self.data, self.position, "i")
        count, extent = _read(self.data, fields, "H"), _read(self.data, fields + 2, "H")
        if fields + count > len(self.data) or self.position + extent > len(self.data):
            raise IndexError("a table beyond the end")
        if any(_read(self.data, fields + at, "H") >= extent for at in range(4, count - 1, 2)):
            raise IndexError("a field beyond its table")

    def text(self, field: int) -> str:
        """Return a string, in which what is no UTF-8 is replaced."""
        start, length = self._vector(field)
        return bytes(self.data[start : start + length]).decode("utf-8", "replace")

    def _place(self, field: int) -> int:
        """Return where a field's value is; 0 where the table has none."""
        fields = self.position - _read(self.data, self.position, "i")
        at = 4 + 2 * field
        offset = _read(self.data, fields + at, "H") if at < _read(self.data, fields, "H") else 0
        return self.position + offset if offset else 0

    def _vector(self, field: int) -> tuple[int, int]:
        place = self._place(field)
        if not place:
            return 0, 0
        start = place + _read(self.data, place, "I")
        length = _read(self.data, start, "I")
        if length > min(_MOST_ENTRIES, len(self.data)):
            raise IndexError("a vector of more entries than a model has")
        if self.budget:
            self.budget.spend(length)
        return start + 4, length


def root(data: bytes | mmap.mmap, budget: Budget | None = None) -> Table:
    """Return the table that a flatbuffer begins with; what is read of it and of all below comes off the ``budget``."""
    return Table(data, _read(data, 0, "I"), budget)


def _read(data: bytes | mmap.mmap, position: int, code: str) -> int:
    width = struct.calcsize(f"<{code}")
    if position < 0 or position + width > len(data):
        raise IndexError("a place beyond the end")
    value: int = struct.unpack_from(f"<{code}", data, position)[0]
    return value
