"""How fast training goes, and how long it will take."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import keras

from edgekit.text.units import duration

if TYPE_CHECKING:
    from edgekit.spec.progress import Progress
    from edgekit.store.run import EpochRecord

# The first batches trace and compile; they say nothing about the pace.
_SETTLED_BATCHES = 3
_MEASURED_BATCHES = 8


class Pace(keras.callbacks.Callback):
    """Tells images/s and the time left, from the batches after the first few."""

    def __init__(self, epochs: int, batches: int, batch_size: int, progress: Progress) -> None:
        super().__init__()
        self._epochs, self._batches, self._batch_size = epochs, batches, batch_size
        self._progress = progress
        self._epoch = 0
        self._done = 0
        self._settled_at = 0.0
        self._told = False

    def begin(self, epoch: int) -> None:
        """Begin an epoch; the pace is measured anew in each."""
        self._epoch, self._done = epoch, 0

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Count the batch, and tell once how long everything will take."""
        del batch
        self._done += 1
        now = time.monotonic()
        if self._done <= _SETTLED_BATCHES:
            self._settled_at = now
            return
        per_batch_s = (now - self._settled_at) / (self._done - _SETTLED_BATCHES)
        left_s = per_batch_s * (self._batches * (self._epochs - self._epoch) - self._done)
        if not self._told and (self._done == _SETTLED_BATCHES + _MEASURED_BATCHES or self._done == self._batches):
            self._told = True
            self._progress.say(f"{_counted(self._epochs - self._epoch)} will take about {duration(left_s)}")
        detail = f"loss {logs['loss']:.3f}, {self._batch_size / per_batch_s:.0f} images/s, {duration(left_s)} left" if logs else ""
        self._progress.advance(f"epoch {self._epoch + 1}/{self._epochs}", self._done, self._batches, detail)

    def end(self, entry: EpochRecord) -> None:
        """Tell what an epoch reached."""
        validation = "" if entry.validation_accuracy is None else f", validation {entry.validation_accuracy:.3f}"
        self._progress.say(
            f"epoch {entry.epoch}/{self._epochs}: loss {entry.loss:.3f}, accuracy {entry.accuracy:.3f}{validation} ({duration(entry.seconds)})"
        )


def _counted(epochs: int) -> str:
    return "1 epoch" if epochs == 1 else f"{epochs} epochs"
