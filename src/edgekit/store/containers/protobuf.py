"""Protobuf's wire format, read from a file that is not trusted, without the format's own library."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import mmap
    from collections.abc import Iterator

Span = tuple[int, int]
_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5
_FIXED = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}


def fields(data: bytes | mmap.mmap, span: Span) -> Iterator[tuple[int, int | Span]]:
    """Yield each field's number, and its value: a whole number, or where its bytes begin and end.

    Numbers of a fixed width are passed over.

    Raises:
        IndexError: what is there is no protobuf message.

    """
    position, end = span
    while position < end:
        tag, position = _varint(data, position)
        wire = tag & 7
        if wire == _VARINT:
            value, position = _varint(data, position)
            yield tag >> 3, value
        elif wire in _FIXED:
            position += _FIXED[wire]
        elif wire == _LENGTH:
            length, position = _varint(data, position)
            if position + length > end:
                raise IndexError("a field goes beyond the end")
            yield tag >> 3, (position, position + length)
            position += length
        else:
            raise IndexError("an unknown wire type")


def spans(data: bytes | mmap.mmap, span: Span, number: int) -> Iterator[Span]:
    """Yield where each field of this number that has a length begins and ends."""
    for found, value in fields(data, span):
        if found == number and isinstance(value, tuple):
            yield value


def numbers(data: bytes | mmap.mmap, span: Span, number: int) -> Iterator[int]:
    """Yield the whole numbers of a repeated field, packed or not."""
    for found, value in fields(data, span):
        if found != number:
            continue
        if isinstance(value, int):
            yield value
            continue
        position, end = value
        while position < end:
            one, position = _varint(data, position)
            yield one


def _varint(data: bytes | mmap.mmap, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise IndexError("a number without an end")
