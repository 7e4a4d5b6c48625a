"""A trained network, read from disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from edgekit.errors import StoreError
from edgekit.spec.export import KERAS_SUFFIXES

if TYPE_CHECKING:
    from pathlib import Path

# What Keras' refusals say (3.15): of code in a file, of a class that the file only names, of an .h5 file of weights alone.
_CODE, _CLASS, _WEIGHTS = ("safe_mode", "unsafe_deserialization"), ("Could not locate", "Unknown layer"), ("No model config",)
_WITHIN = "Exception encountered: "


def load_model(path: Path) -> keras.Model:
    """Load the model of a run, in safe mode."""
    try:
        return keras.models.load_model(path, compile=False)
    # Keras raises whatever the archive's content leads to: OSError, ValueError, KeyError, zipfile's own.
    except Exception as error:
        raise StoreError(f"the trained model cannot be loaded. Received: {path} ({_line(error)})", hint="train the run again") from error


def load_foreign(path: Path, *, unsafe: bool = False) -> keras.Model:
    """Load a Keras model that was trained elsewhere. A file may hold code (Lambda layers): it is run only with ``unsafe``.

    Raises:
        StoreError: there is no such file, it is damaged, of another kind, or holds code.

    """
    if path.suffix.lower() not in KERAS_SUFFIXES or not path.is_file():
        there = "not a .keras or .h5 file" if path.exists() else "no such file"
        raise StoreError(f"this is no Keras model. Received: {path} ({there})", hint="in Keras, model.save('NAME.keras') writes one")
    try:
        return keras.models.load_model(path, compile=False, safe_mode=not unsafe)
    # As above.
    except Exception as error:
        text = _line(error)
        if not unsafe and any(word in str(error) for word in _CODE):
            raise StoreError(
                f"the file holds code, which loading it would run. Received: {path} ({text})", hint="if you trust whoever wrote it: --unsafe"
            ) from error
        if any(word in str(error) for word in _CLASS):
            hint = "a layer or function of your own is code, which no file holds; models of Keras' own layers can be exported"
        elif any(word in str(error) for word in _WEIGHTS):
            hint = "it holds weights alone: in Keras, model.save('NAME.keras') writes the whole model"
        else:
            hint = "the file is damaged, or was written by a Keras before 2.0; model.save('NAME.keras') writes it anew"
        raise StoreError(f"the model cannot be loaded. Received: {path} ({text})", hint=hint) from error


def _line(error: Exception) -> str:
    """Return what was wrong in one line; Keras puts the layers around it before it."""
    return " ".join(str(error).rpartition(_WITHIN)[2].split())[:200]
