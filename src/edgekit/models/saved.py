"""A trained network, read from disk."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import keras

from edgekit.errors import StoreError
from edgekit.models.building import model_of
from edgekit.models.keras_file import opened
from edgekit.networks import settings  # noqa: F401 (sets what a keras.json may have set otherwise)
from edgekit.store.model_kinds import SAVE_HINT, foreign_kind

if TYPE_CHECKING:
    from pathlib import Path

# What Keras' refusals say (3.15): of code in a file, of a class that the file only names, of memory.
_CODE, _CLASS = ("safe_mode", "unsafe_deserialization"), ("Could not locate", "Unknown layer")
_MEMORY = ("OOM when allocating", "MemoryError", "ResourceExhausted", "Unable to allocate")
_WITHIN = "Exception encountered: "


def load_model(path: Path) -> keras.Model:
    """Load the model of a run, in safe mode."""
    try:
        return keras.models.load_model(path, compile=False)
    # Keras raises whatever the archive's content leads to: OSError, ValueError, KeyError, zipfile's own.
    except Exception as error:
        raise StoreError(f"the trained model cannot be loaded. Received: {path} ({_line(error)})", hint="train the run again") from error


def load_foreign(path: Path, *, unsafe: bool = False) -> keras.Model:
    """Load a Keras model that was trained elsewhere, by Keras 2 or 3. A file may hold code (Lambda layers): it is run only with ``unsafe``.

    Raises:
        StoreError: there is no such file, it is damaged, of another kind, or holds code.

    """
    if not path.is_file():
        there = "a folder" if path.is_dir() else "no such file"
        raise StoreError(f"this is no Keras model. Received: {path} ({there})", hint=SAVE_HINT)
    try:
        with opened(path) as file:
            return model_of(file, unsafe=unsafe)
    except StoreError as error:
        kind = foreign_kind(path)
        if kind is not None:
            raise StoreError(f"this is {kind.title}, no Keras model. Received: {path}", hint=kind.hint) from error
        raise _naming(error, path) from error
    # As above.
    except Exception as error:
        raise _translated(error, path, unsafe=unsafe) from error


def _naming(error: StoreError, path: Path) -> StoreError:
    """Return an error that says of which file it is."""
    if str(path) in error.message:
        return error
    return StoreError(f"the model cannot be loaded: {error.message}. Received: {path}", hint=error.hint)


def _translated(error: Exception, path: Path, *, unsafe: bool) -> StoreError:
    text = _line(error)
    if not unsafe and any(word in str(error) for word in _CODE):
        return StoreError(
            f"the file holds code, which loading it would run. Received: {path} ({text})", hint="if you trust whoever wrote it: --unsafe"
        )
    if any(word in str(error) for word in _CLASS):
        hint = "a layer or function of your own is code, which no file holds; models of Keras' own layers can be exported"
    elif isinstance(error, MemoryError) or any(word in str(error) for word in _MEMORY):
        hint = "loading it needs more memory than there is"
    elif isinstance(error, (OSError, zipfile.BadZipFile, EOFError)):
        hint = f"the file is damaged, or not written to its end; {SAVE_HINT} anew"
    else:
        hint = f"Keras could not make the model of what the file says; where it was trained, load it and save it anew: {SAVE_HINT}"
    return StoreError(f"the model cannot be loaded. Received: {path} ({text})", hint=hint)


def _line(error: Exception) -> str:
    """Return what was wrong in one line; Keras puts the layers around it before it."""
    return " ".join(str(error).rpartition(_WITHIN)[2].split())[:200] or type(error).__name__
