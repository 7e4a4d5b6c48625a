"""Reading and writing JSON records: the schema version first, then the fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from edgekit.errors import SchemaError, StoreError

if TYPE_CHECKING:
    from pathlib import Path

Record = TypeVar("Record", bound=msgspec.Struct)

_LARGEST_RECORD_BYTES = 64 * 1024 * 1024


class _Versioned(msgspec.Struct):
    schema: int


def encode(record: msgspec.Struct) -> bytes:
    """Return ``record`` as indented JSON with a newline at the end: a person may read it, a diff stays small."""
    return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"


def decode(data: bytes, kind: type[Record], *, schema: int, name: str) -> Record:
    """Return the record in ``data``.

    Raises:
        SchemaError: it is no JSON, has another schema version, or lacks a field; ``name`` stands for it.

    """
    try:
        found = msgspec.json.decode(data, type=_Versioned).schema
    except msgspec.MsgspecError as error:
        raise SchemaError(
            f"not a file that edgekit wrote. Received: {name} ({error})", hint="write it again with the command that made it"
        ) from error
    if found != schema:
        newer = found > schema
        raise SchemaError(
            f"{name} has schema {found}, this edgekit reads schema {schema}",
            hint="it was written by a newer edgekit: upgrade with pip install -U edgekit" if newer else "write it again with this edgekit",
        )
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.MsgspecError as error:
        raise SchemaError(f"a damaged file. Received: {name} ({error})", hint="write it again with the command that made it") from error


def read(path: Path, kind: type[Record], *, schema: int) -> Record:
    """Read the record at ``path``; see `decode`."""
    return decode(read_bytes(path, _LARGEST_RECORD_BYTES), kind, schema=schema, name=str(path))


def read_bytes(path: Path, most_bytes: int) -> bytes:
    """Return the bytes at ``path``, refusing files above ``most_bytes``."""
    try:
        size = path.stat().st_size
        if size > most_bytes:
            raise StoreError(f"{path} has {size:,} bytes, more than the {most_bytes:,} that such a file may have")
        return path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error.strerror})") from error


def builtins(record: msgspec.Struct) -> dict[str, Any]:
    """Return ``record`` as plain Python values, ready for JSON."""
    plain: dict[str, Any] = msgspec.to_builtins(record)
    return plain
