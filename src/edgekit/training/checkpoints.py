"""Checkpoints: all that the next epoch depends on, in one file that is there whole or not at all."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import keras
import msgspec
import numpy as np

from edgekit.errors import StoreError
from edgekit.store.atomic import whole_file
from edgekit.store.files import opened
from edgekit.store.run import CHECKPOINTS, EpochRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

_HISTORY = "history"
_NAME = re.compile(r"epoch-(\d+)\.npz")
# What NumPy, zipfile and Keras make of a damaged archive; msgspec's own errors are ValueErrors.
_DAMAGE = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    RuntimeError,
    MemoryError,
    ArithmeticError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)


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
    return max(map(_epoch, _files(run)), default=0)


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
        with _opened(file) as whole, np.load(whole) as arrays:
            history = msgspec.json.decode(arrays[_HISTORY].tobytes(), type=list[EpochRecord])
            state = _state(model)
            if len(arrays.files) != len(state) + 1:
                raise ValueError(f"{len(arrays.files) - 1} variables, where the model has {len(state)}")
            for index, variable in enumerate(state):
                variable.assign(arrays[_name(index)])
    except _DAMAGE as error:
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
    return sorted((file for file in (run / CHECKPOINTS).glob("epoch-*.npz") if _NAME.fullmatch(file.name)), key=_epoch)


def _epoch(file: Path) -> int:
    found = _NAME.fullmatch(file.name)
    return int(found[1]) if found else 0


def _opened(file: Path | BinaryIO) -> AbstractContextManager[BinaryIO]:
    """Return the checkpoint as a file to read, a regular one where it is a path."""
    return opened(file) if isinstance(file, Path) else nullcontext(file)


def _state(model: keras.Model) -> list[keras.Variable]:
    return [*model.variables, *model.optimizer.variables]


def _name(index: int) -> str:
    return f"variable_{index:04}"
