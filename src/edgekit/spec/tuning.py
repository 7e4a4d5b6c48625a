"""Which exact rewrites an export gets, with which thresholds, as data: a table per format, in a file that a person can read and change."""

from __future__ import annotations

import tomllib
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any, NamedTuple, assert_never

import msgspec

from edgekit.errors import nearest
from edgekit.spec.format import Format, Precision, multiplies_integers
from edgekit.spec.rewrites import REWRITES, Rewrites, TomlTable

_FOLDER = "tunings"
# Of those that are for every runtime, the last one that is made for a CPU suits it best.
BUILT_IN = ("portable", "x86-vnni", "x86-amx", "openvino", "none")
DEFAULT_TUNING = "portable"
# The name of a tuning that was searched for.
TUNED = "tuned"
# In place of a table, or of a setting that a table takes over.
_SWITCHED_OFF = "none"


class FormatRewrites(TomlTable, frozen=True, kw_only=True):
    """Rewrites for a format: ``float`` for all that computes in float32, ``int8`` for the rest."""

    float: Rewrites = Rewrites()
    int8: Rewrites = Rewrites()


class Search(StrEnum):
    """How an export looks for the rewrites that are fastest: on this machine, or by files for another one to measure."""

    NONE = "none"
    HERE = "here"
    CANDIDATES = "candidates"


class Arithmetic(StrEnum):
    """What convolutions are computed in, which have nearly all products of a network."""

    FLOAT = "float"
    INT8 = "int8"


class Table(NamedTuple):
    """Which table of a tuning: by the fields of `Tuning` and `FormatRewrites`."""

    format: Format
    arithmetic: Arithmetic

    @property
    def name(self) -> str:
        """What a file calls the table."""
        return f"{self.format.value}.{self.arithmetic.value}"


def table_of(kind: Format, precision: Precision) -> Table:
    """Return which table of a tuning holds for such a file."""
    return Table(kind, Arithmetic.INT8 if multiplies_integers(precision) else Arithmetic.FLOAT)


_TABLES = tuple(Table(*table) for table in product(Format, Arithmetic))


class Tuning(TomlTable, frozen=True, kw_only=True):
    """A table of rewrites for each format. ``name`` stands in file names, where it is not the default.

    ``instructions`` are those of CPUs that it is made for, of which any will do; none: it is for every CPU.
    """

    name: str
    instructions: tuple[str, ...] = ()
    tflite: FormatRewrites = FormatRewrites()
    onnx: FormatRewrites = FormatRewrites()

    def __post_init__(self) -> None:
        for rewrite in REWRITES:
            tables = {table_of(*file) for file in rewrite.row.applies_to}
            if any(rewrite.is_in(self.at(table)) for table in _TABLES if table not in tables):
                known = " and ".join(table.name for table in _TABLES if table in tables)
                raise ValueError(f"{rewrite.name} is for {known} alone")

    def at(self, table: Table) -> Rewrites:
        """Return one of the tables."""
        rewrites: Rewrites = getattr(self.of(table.format), table.arithmetic)
        return rewrites

    @property
    def only_for(self) -> str | None:
        """The runtime that a file of one of the tables is for alone, where there is one."""
        return next((runtime for table in _TABLES if (runtime := self.at(table).only_for)), None)

    def of(self, kind: Format) -> FormatRewrites:
        """Return the tables of a format."""
        match kind:
            case Format.TFLITE:
                return self.tflite
            case Format.ONNX:
                return self.onnx
            case _:
                assert_never(kind)

    def with_table(self, table: Table, rewrites: Rewrites, *, name: str) -> Tuning:
        """Return a tuning of another ``name`` with one table replaced."""
        formats = msgspec.structs.replace(self.of(table.format), **{table.arithmetic: rewrites})
        return msgspec.structs.replace(self, name=name, **{table.format.value: formats})


@cache
def built_in(name: str) -> Tuning:
    """Return a tuning that ships with edgekit; ``none`` rewrites nothing."""
    if name == "none":
        return Tuning(name=name)
    fields = tomllib.loads(files("edgekit").joinpath(_FOLDER, f"{name}.toml").read_text(encoding="utf-8"))
    return tuning_of_fields(name, fields, "none")


def default_tuning() -> Tuning:
    """Return the tuning that exports get where nothing else is asked for."""
    return built_in(DEFAULT_TUNING)


def as_toml(tuning: Tuning) -> bytes:
    """Return the text of a file that `edgekit.store.settings.tuning_named` reads as this tuning, whatever the built-in ones become."""
    tables = {name: table for name, table in msgspec.to_builtins(tuning).items() if name != "name"}
    return b'base = "none"\n\n' + msgspec.toml.encode(tables)


def tuning_of_fields(name: str, fields: dict[str, Any], default: str) -> Tuning:
    """Return the tuning of a file's fields, which start from the ``default`` tuning where they name none."""
    tables: dict[str, Any] = msgspec.to_builtins(_base(fields.pop("base", default)))
    for key, value in fields.items():
        if isinstance(value, dict) and key in frozenset(Format):
            kind = Format(key)
            tables[key] = tables.get(key, {}) | {arithmetic: _table(kind, arithmetic, inner) for arithmetic, inner in value.items()}
        else:
            tables[key] = {} if value == _SWITCHED_OFF else value
    return msgspec.convert({**tables, "name": name}, Tuning)


def _table(kind: Format, arithmetic: str, value: object) -> object:
    """Return what a file has for a table, with what it takes over from a tuning."""
    if value == _SWITCHED_OFF:
        return {}
    if arithmetic not in frozenset(Arithmetic) or not isinstance(value, dict) or "base" not in value:
        return value
    taken = msgspec.to_builtins(_base(value["base"]).at(Table(kind, Arithmetic(arithmetic))))
    known = {rewrite.name for rewrite in REWRITES}
    settings = {key: setting for key, setting in {**taken, **value}.items() if key != "base"}
    return {key: setting for key, setting in settings.items() if setting != _SWITCHED_OFF or key not in known}


def _base(name: object) -> Tuning:
    if not isinstance(name, str) or name not in BUILT_IN:
        raise msgspec.ValidationError(f"there is no tuning to start from of that name, base = {name!r}; {nearest(str(name), BUILT_IN)}")
    return built_in(name)
