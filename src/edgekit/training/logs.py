"""The figures of each epoch, as TensorBoard reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensorflow as tf

from edgekit.store.run import LOGS

if TYPE_CHECKING:
    from pathlib import Path

    from edgekit.store.run import EpochRecord


class Logs:
    """Writes the event file below ``runs/NAME/logs``: `tensorboard --logdir runs` draws all runs."""

    def __init__(self, run: Path) -> None:
        self._writer = tf.summary.create_file_writer(str(run / LOGS))

    def add(self, entry: EpochRecord) -> None:
        """Write one epoch's figures."""
        figures = {
            "loss/training": entry.loss,
            "loss/validation": entry.validation_loss,
            "accuracy/training": entry.accuracy,
            "accuracy/validation": entry.validation_accuracy,
            "seconds": entry.seconds,
        }
        with self._writer.as_default(step=entry.epoch):
            for name, value in figures.items():
                if value is not None:
                    tf.summary.scalar(name, value)
        self._writer.flush()
