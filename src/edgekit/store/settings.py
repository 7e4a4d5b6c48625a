"""The door for what people write themselves: recipes and tunings, in TOML files."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from edgekit.errors import StoreError, UsageError, nearest
from edgekit.spec.recipe import Recipe, changed
from edgekit.spec.tuning import BUILT_IN, DEFAULT_TUNING, built_in, tuning_of_fields
from edgekit.store.files import read_text

if TYPE_CHECKING:
    from edgekit.spec.tuning import Tuning

# The longest that ship have 2 kB; tomllib takes a time that grows with the square of a key's length.
_MOST_BYTES = 64 * 1024
# Of tables in tables: a tuning has three.
_MOST_DEPTH = 8
_RECIPE_HINT = "a recipe is a TOML file of key = value lines"
_TUNING_HINT = 'a tuning is a TOML file: base = "portable", then a table for a format, such as [tflite.float]; `edgekit export --tune` writes one'


def recipe_from_toml(path: Path) -> Recipe:
    """Read a recipe: the paper's, with the fields that the file names replaced."""
    fields = _fields(path, "recipe", _RECIPE_HINT)
    known = Recipe.__struct_fields__
    for key in fields:
        if key not in known:
            raise UsageError(f"a recipe has no such key. Received: {key} in {path}", hint=nearest(key, known))
    return changed(Recipe(name=path.stem), **fields)


def tuning_named(text: str) -> Tuning:
    """Return the built-in tuning of that name, or the one in the TOML file of that path.

    A file takes the portable tuning and replaces the tables that it has; its key ``base`` names another tuning to start from,
    and ``none`` instead of a table switches that one off. So in a table: with a ``base`` it has what the same table of that
    tuning has, but for the keys of its own.
    """
    if text in BUILT_IN:
        return built_in(text)
    path = Path(text)
    if path.suffix != ".toml":
        raise UsageError(f"there is no such tuning. Received: {text}", hint=f"a file of your own ends in .toml; {nearest(text, BUILT_IN)}")
    if path.stem in BUILT_IN:
        raise UsageError(f"a file may not be named as a tuning that ships with edgekit. Received: {path}", hint="rename it")
    fields = _fields(path, "tuning", _TUNING_HINT)
    if "name" in fields:
        raise UsageError(f"a tuning is named as its file. Received: name = {fields['name']!r} in {path}", hint="leave the key out")
    try:
        return tuning_of_fields(path.stem, fields, DEFAULT_TUNING)
    except msgspec.ValidationError as error:
        raise UsageError(f"the tuning does not hold: {error}. Received: {path}", hint=_TUNING_HINT) from error


def _fields(path: Path, what: str, hint: str) -> dict[str, Any]:
    try:
        fields = tomllib.loads(read_text(path, _MOST_BYTES))
    except StoreError as error:
        raise UsageError(f"the {what} cannot be read: {error.message}", hint=error.hint) from error
    except RecursionError as error:
        raise _nested(path, what) from error
    except ValueError as error:  # not only tomllib's own: a number of 5,000 digits, a date that is none
        raise UsageError(f"the {what} cannot be read. Received: {path} ({error})", hint=hint) from error
    if _depth(fields) > _MOST_DEPTH:
        raise _nested(path, what)
    return fields


def _nested(path: Path, what: str) -> UsageError:
    return UsageError(f"the {what} has values that are nested too deeply. Received: {path}", hint=f"it has {_MOST_DEPTH} levels at most")


def _depth(value: object) -> int:
    """Return how deeply tables and lists are nested, without going deeper than is allowed."""
    depth, level = 0, [value]
    while level and depth <= _MOST_DEPTH:
        level = [inner for outer in level for inner in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())]
        depth += 1
    return depth
