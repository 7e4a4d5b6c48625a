"""From a recipe to a compiled model, and one epoch after the other, each safe on disk before the next begins."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from edgekit.errors import TrainingError
from edgekit.networks import build
from edgekit.spec.recipe import Schedule
from edgekit.store.run import EpochRecord
from edgekit.train.checkpoints import save_checkpoint
from edgekit.train.logs import Logs
from edgekit.train.pace import Pace

if TYPE_CHECKING:
    from pathlib import Path

    from edgekit.spec.network import NetworkSpec
    from edgekit.spec.progress import Progress
    from edgekit.spec.recipe import Recipe
    from edgekit.train.pipeline import Pipeline


def compiled(network: NetworkSpec, recipe: Recipe, *, classes: int, images: int) -> keras.Model:
    """Return an untrained model with its optimizer, ready to learn from ``images`` images an epoch."""
    keras.utils.set_random_seed(recipe.seed)
    model = build(network, recipe, classes=classes)
    rate: float | keras.optimizers.schedules.LearningRateSchedule = recipe.learning_rate
    if recipe.schedule is Schedule.COSINE:
        steps = math.ceil(images / recipe.batch_size) * recipe.epochs_for(network)
        rate = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, steps)
    model.compile(optimizer=keras.optimizers.Adam(rate), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.optimizer.build(model.trainable_variables)
    return model


def fit(
    model: keras.Model, recipe: Recipe, epochs: int, done: list[EpochRecord], learnt: Pipeline, watched: Pipeline, run: Path, progress: Progress
) -> list[EpochRecord]:
    """Go on from the epochs that are ``done`` up to ``epochs``; return the figures of all.

    Each epoch has a data set of its own, whose order depends on its number alone; so does a run that was interrupted.

    Raises:
        TrainingError: the loss is no longer finite; the last checkpoint is the one before.

    """
    history = list(done)
    pace = Pace(epochs, learnt.batches, recipe.batch_size, progress)
    logs = Logs(run)
    weights = class_weights(learnt) if recipe.class_weights else None
    for epoch in range(len(history), epochs):
        pace.begin(epoch)
        begun = time.monotonic()
        figures = model.fit(
            learnt.training(epoch),
            validation_data=watched.plain() if watched.count else None,
            class_weight=weights,
            initial_epoch=epoch,
            epochs=epoch + 1,
            shuffle=False,
            callbacks=[pace, _StopWhenLost()],
            verbose=0,
        ).history
        entry = EpochRecord(
            epoch=epoch + 1,
            loss=float(figures["loss"][-1]),
            accuracy=float(figures["accuracy"][-1]),
            validation_loss=_last(figures, "val_loss"),
            validation_accuracy=_last(figures, "val_accuracy"),
            seconds=round(time.monotonic() - begun, 2),
        )
        if not math.isfinite(entry.loss):
            raise TrainingError(
                f"the loss is no longer finite in epoch {entry.epoch}. Received: learning rate {recipe.learning_rate}",
                hint="try a smaller --learning-rate, or look at the images: `edgekit data inspect DIR`",
            )
        history.append(entry)
        logs.add(entry)
        save_checkpoint(run, model, history)
        pace.end(entry)
    return history


class _StopWhenLost(keras.callbacks.Callback):
    """Ends the epoch at a loss that is not finite. Keras' own `TerminateOnNaN` prints to standard output."""

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        del batch
        if logs and not math.isfinite(logs["loss"]):
            self.model.stop_training = True


def class_weights(learnt: Pipeline) -> dict[int, float]:
    """Return weights that let every class weigh the same, with a mean of 1 over the images."""
    counts = np.bincount(learnt.labels)
    return {label: float(learnt.count / (np.count_nonzero(counts) * count)) for label, count in enumerate(counts) if count}


def _last(figures: dict[str, list[float]], key: str) -> float | None:
    return float(figures[key][-1]) if key in figures else None
