"""A Keras model of a file that anyone may have written: built without memory for its weights first, and given them where the file has as many."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
from keras.src.backend.common import global_state
from keras.src.legacy.saving import saving_options, saving_utils
from keras.src.saving import serialization_lib

from edgekit.errors import StoreError
from edgekit.models.keras2 import graph, weights
from edgekit.store.model_kinds import SAVE_HINT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgekit.models.keras_file import KerasFile

_KERAS_2 = 2
# Layers of which a file keeps one value in place of some, packed or shared; no model has more than so many times what its file holds.
_MOST_OF_STORED, _FEW = 4, 1_000_000
_WAITING = "uninitialized_variables"


def model_of(file: KerasFile, *, unsafe: bool) -> keras.Model:
    """Return the model in ``file`` with its weights.

    Raises:
        StoreError: its layers have far more weights than the file holds, or its Keras is older than what can be read.

    """
    if file.version < _KERAS_2:
        raise StoreError(
            f"the file was written by Keras {file.keras_version}. Received: {file.path}", hint=f"load it in Keras 2, and save it there: {SAVE_HINT}"
        )
    if file.version == _KERAS_2:
        with _without_memory():
            model, parts = graph.built(file.config, unsafe=unsafe)
            _refuse_beyond(model, file)
        weights.fill(parts, file.weights, is_archive=file.is_archive)
        return model
    with _without_memory():
        model = _of_archive(file, unsafe=unsafe) if file.is_archive else _of_hdf5(file, unsafe=unsafe)
        _refuse_beyond(model, file)
    if not model.built:
        return model  # there is nothing to give weights to: whoever asked for it says so
    with tempfile.TemporaryDirectory() as folder:
        # Keras tells the kinds apart by their names.
        named = Path(folder) / ("model.keras" if file.is_archive else "model.h5")
        named.symlink_to(file.path.resolve())
        model.load_weights(named)
    return model


def _of_archive(file: KerasFile, *, unsafe: bool) -> Any:
    config = {**file.config, "compile_config": None}
    with serialization_lib.ObjectSharingScope():
        return serialization_lib.deserialize_keras_object(config, safe_mode=not unsafe)


def _of_hdf5(file: KerasFile, *, unsafe: bool) -> Any:
    with saving_options.keras_option_scope(use_legacy_config=True), serialization_lib.SafeModeScope(not unsafe):
        return saving_utils.model_from_config(file.config)


@contextmanager
def _without_memory() -> Iterator[None]:
    """Let layers be built within without memory for their weights: they get it at the end, where nothing was raised."""
    scope = keras.StatelessScope(initialize_variables=False)
    try:
        with scope:
            yield
    except BaseException:
        global_state.set_global_attribute(_WAITING, [])
        raise
    with keras.StatelessScope():
        """At its end Keras makes the variables that are waiting."""


def _refuse_beyond(model: Any, file: KerasFile) -> None:
    needed = sum(_size(variable) for variable in getattr(model, "weights", ()))
    if needed > _MOST_OF_STORED * file.values + _FEW:
        raise StoreError(
            f"the model's layers have {needed:,} weights, and the file holds {file.values:,}. Received: {file.path}",
            hint=f"the file is damaged; {SAVE_HINT} anew",
        )


def _size(variable: Any) -> int:
    size = 1
    for extent in variable.shape:
        size *= int(extent)
    return size
