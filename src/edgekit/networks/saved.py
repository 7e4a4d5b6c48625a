"""A trained network, read from disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from edgekit.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path


def load_model(path: Path) -> keras.Model:
    """Load a trained Keras model in safe mode."""
    try:
        return keras.models.load_model(path, compile=False)
    # Keras raises whatever the archive's content leads to: OSError, ValueError, KeyError, zipfile's own.
    except Exception as error:
        raise StoreError(
            f"the trained model cannot be loaded. Received: {path} ({' '.join(str(error).split())[:200]})", hint="train the run again"
        ) from error
