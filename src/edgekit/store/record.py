"""The door for JSON records: the schema version first, then the fields. Whatever can come out of it is a `SchemaError`."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from edgekit.errors import SchemaError, StoreError
from edgekit.store.files import read_bytes, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Record = TypeVar("Record", bound=msgspec.Struct)

_MOST_BYTES = 64 * 1024 * 1024
_AGAIN = "write it again with the command that made it"
# A message of msgspec may quote what it was given.
_MOST_QUOTED = 300


class _Versioned(msgspec.Struct, frozen=True):
    schema: int


def encode(record: msgspec.Struct) -> bytes:
    """Return ``record`` as indented JSON with a newline at the end: a person may read it, a diff stays small."""
    with encodable():
        return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"


@contextmanager
def encodable() -> Iterator[None]:
    """Translate what comes of a name that is no UTF-8, which file systems allow and records do not, into a `StoreError`."""
    try:
        yield
    except UnicodeEncodeError as error:
        raise StoreError(f"a name that is not UTF-8. Received: {error.object}", hint="rename the file or the folder") from error


def decode(data: bytes, kind: type[Record], *, schema: int, name: str) -> Record:
    """Return the record in ``data``.

    Raises:
        StoreError: it is no UTF-8 text.
        SchemaError: it is no JSON, has another schema version, lacks a field, or breaks a rule; ``name`` stands for it.

    """
    text = text_of(data, name)
    with understood("not a file that edgekit wrote", name):
        found = msgspec.json.decode(text, type=_Versioned).schema
    if found != schema:
        newer = found > schema
        raise SchemaError(
            f"{name} has schema {found}, this edgekit reads schema {schema}",
            hint="it was written by a newer edgekit: upgrade with pip install -U edgekit" if newer else "write it again with this edgekit",
        )
    with understood("a damaged file", name):
        return fields(text, kind)


def fields(text: str, kind: type[Record]) -> Record:
    """Return the struct in a JSON text, to be called within `understood`."""
    record = msgspec.json.decode(text, type=kind)
    json.loads(text, object_pairs_hook=_each_once, parse_int=str, parse_float=str)
    return record


def is_versioned(text: str) -> bool:
    """Whether a JSON text is a record by itself: it says its schema."""
    try:
        msgspec.json.decode(text, type=_Versioned)
    except (ValueError, RecursionError):
        return False
    return True


@contextmanager
def understood(what: str, name: str, hint: str = _AGAIN) -> Iterator[None]:
    """Translate all that a parser, or a struct's own rules, make of a hostile text into a `SchemaError`."""
    try:
        yield
    except RecursionError as error:
        raise SchemaError(f"{what}: values are nested too deeply. Received: {name}", hint=hint) from error
    except MemoryError as error:
        raise SchemaError(f"{what}, or too little memory to read it. Received: {name}", hint=hint) from error
    except (ValueError, ArithmeticError) as error:  # msgspec's own errors are ValueErrors
        reason = str(error)
        raise SchemaError(f"{what}. Received: {name} ({reason[:_MOST_QUOTED]}{' …' if len(reason) > _MOST_QUOTED else ''})", hint=hint) from error


def read(path: Path, kind: type[Record], *, schema: int) -> Record:
    """Read the record at ``path``; see `decode`."""
    return decode(read_bytes(path, _MOST_BYTES), kind, schema=schema, name=str(path))


def builtins(record: msgspec.Struct) -> dict[str, Any]:
    """Return ``record`` as plain Python values, ready for JSON."""
    plain: dict[str, Any] = msgspec.to_builtins(record)
    return plain


def _each_once(pairs: list[tuple[str, Any]]) -> None:
    """Refuse an object that has a key twice: which of the two values is meant, nobody knows."""
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"a key that stands there twice: {twice}")
