"""Checkpoints: all that the next epoch depends on, in one file that is there whole or not at all."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, BinaryIO

import keras
import msgspec
import numpy as np

from edgekit.errors import StoreError
from edgekit.store.atomic import whole_file
from edgekit.store.run import CHECKPOINTS, EpochRecord

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_HISTORY = "history"


def save_checkpoint(run: Path, model: keras.Model, history: Sequence[EpochRecord]) -> None:
    """Write weights, the optimizer's state and the random generators' after ``len(history)`` epochs; then drop the one before."""
    arrays = {_name(index): keras.ops.convert_to_numpy(variable) for index, variable in enumerate(_state(model))}
    arrays[_HISTORY] = np.frombuffer(msgspec.json.encode(history), np.uint8)
    path = run / CHECKPOINTS / f"epoch-{len(history):04}.npz"
    with whole_file(path) as file:
        np.savez(file, allow_pickle=False, **arrays)
    for older in _files(run):
        if older != path:
            older.unlink()


def epochs_done(run: Path) -> int:
    """Return how many epochs the newest checkpoint stands for."""
    return max((int(file.stem.removeprefix("epoch-")) for file in _files(run)), default=0)


def newest_checkpoint(run: Path) -> Path:
    """Return the file of the last whole epoch.

    Raises:
        StoreError: there is none.

    """
    files = _files(run)
    if not files:
        raise StoreError(f"the unfinished run has no checkpoint. Received: {run}", hint="remove its folder, and train again without --resume")
    return files[-1]


def load_checkpoint(file: Path | BinaryIO, model: keras.Model) -> list[EpochRecord]:
    """Set ``model`` to what it was when the checkpoint ``file`` was written; return the epochs up to there.

    Raises:
        StoreError: it is damaged, or of another model.

    """
    try:
        with np.load(file) as arrays:
            history = msgspec.json.decode(arrays[_HISTORY].tobytes(), type=list[EpochRecord])
            state = _state(model)
            if len(arrays.files) != len(state) + 1:
                raise ValueError(f"{len(arrays.files) - 1} variables, where the model has {len(state)}")
            for index, variable in enumerate(state):
                variable.assign(arrays[_name(index)])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, msgspec.MsgspecError) as error:
        raise StoreError(
            f"the checkpoint cannot be used. Received: {getattr(file, 'name', 'what process 0 sent')} ({' '.join(str(error).split())[:200]})",
            hint="remove the run's folder, and train again without --resume",
        ) from error
    return history


def take_state(model: keras.Model, other: keras.Model) -> None:
    """Set ``model`` to the weights of ``other``, which may lie on other devices."""
    for own, its in zip(model.variables, other.variables, strict=True):
        own.assign(keras.ops.convert_to_numpy(its))


def _files(run: Path) -> list[Path]:
    return sorted((run / CHECKPOINTS).glob("epoch-*.npz"))


def _state(model: keras.Model) -> list[keras.Variable]:
    return [*model.variables, *model.optimizer.variables]


def _name(index: int) -> str:
    return f"variable_{index:04}"
