"""From a recipe to a compiled model, and one epoch after the other, each safe on disk before the next begins."""

from __future__ import annotations

import math
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from edgekit.errors import TrainingError
from edgekit.networks import build
from edgekit.networks.blocks import LOGITS_NAME, probabilities
from edgekit.spec.recipe import Schedule
from edgekit.store.run import EpochRecord
from edgekit.training.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable

    import tensorflow as tf

    from edgekit.spec.network import NetworkSpec
    from edgekit.spec.progress import Progress
    from edgekit.spec.recipe import Recipe
    from edgekit.training.group import Group
    from edgekit.training.pipeline import Pipeline


def compiled(network: NetworkSpec, recipe: Recipe, *, classes: int, images: int) -> keras.Model:
    """Return an untrained network up to its logits with its optimizer, ready to learn from ``images`` images an epoch.

    Keras cuts probabilities off at 1e-7 before it takes their logarithm, and has no gradient from there on: a network that is
    once so sure, and wrong, never learns again. On TensorFlow it finds the logits behind a softmax by itself, on JAX it does not.
    """
    keras.utils.set_random_seed(recipe.seed)
    whole = build(network, recipe, classes=classes)
    model = keras.Model(whole.input, whole.get_layer(LOGITS_NAME).output, name=whole.name)
    rate: float | keras.optimizers.schedules.LearningRateSchedule = recipe.learning_rate
    if recipe.schedule is Schedule.COSINE:
        steps = math.ceil(images / recipe.batch_size) * recipe.epochs_for(network)
        rate = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, steps)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(rate), loss=loss, metrics=["accuracy"])
    model.optimizer.build(model.trainable_variables)
    return model


def with_softmax(model: keras.Model) -> keras.Model:
    """Return the network whole, with its softmax: the same weights, and no optimizer."""
    return keras.Model(model.input, probabilities(model.output), name=model.name)


def fit(
    model: keras.Model,
    recipe: Recipe,
    epochs: int,
    done: list[EpochRecord],
    train: Pipeline,
    validation: Pipeline,
    group: Group,
    keep: Callable[[list[EpochRecord]], None],
    progress: Progress,
) -> list[EpochRecord]:
    """Go on from the epochs that are ``done`` up to ``epochs``; return the figures of all.

    Each epoch has a data set of its own, whose order depends on its number alone; so does a run that was interrupted.
    ``keep`` makes each epoch safe, given the history with it as the last.

    Raises:
        TrainingError: the loss is no longer finite, or another process is gone; the last checkpoint is the one before.

    """
    history = list(done)
    pace = Pace(epochs, train.batches, recipe.batch_size, progress)
    weights = class_weights(train) if recipe.class_weights else None

    def fit_on(batches: tf.data.Dataset) -> dict[str, float]:
        fitted = model.fit(batches, class_weight=weights, shuffle=False, callbacks=[pace, _StopWhenLost()], verbose=0)
        return {name: values[-1] for name, values in fitted.history.items()}

    def evaluate_on(batches: tf.data.Dataset) -> dict[str, float]:
        figures: dict[str, float] = model.evaluate(batches, verbose=0, return_dict=True)
        return figures

    for epoch in range(len(history), epochs):
        pace.begin(epoch)
        begun = time.monotonic()
        reached = _over(train, partial(train.training, epoch), fit_on, group)
        seen = _over(validation, validation.plain, evaluate_on, group)
        entry = EpochRecord(
            epoch=epoch + 1,
            loss=reached["loss"],
            accuracy=reached["accuracy"],
            validation_loss=seen.get("loss"),
            validation_accuracy=seen.get("accuracy"),
            seconds=round(time.monotonic() - begun, 2),
        )
        if not math.isfinite(entry.loss):
            raise TrainingError(
                f"the loss is no longer finite in epoch {entry.epoch}. Received: learning rate {recipe.learning_rate}",
                hint="try a smaller --learning-rate, or look at the images: `edgekit data inspect DIR`",
            )
        history.append(entry)
        keep(history)
        pace.end(entry)
    return history


def _over(
    pipeline: Pipeline, batches: Callable[..., tf.data.Dataset], work: Callable[[tf.data.Dataset], dict[str, float]], group: Group
) -> dict[str, float]:
    """Work through the even batches and the left-over; return the figures' means over all images."""
    figures: dict[str, float] = {}
    for left_over, images in ((False, pipeline.count - pipeline.left_over), (True, pipeline.left_over)):
        if images:
            with group.scope(whole=left_over):
                for name, value in work(batches(left_over=left_over)).items():
                    figures[name] = figures.get(name, 0.0) + float(value) * images / pipeline.count
    return figures


class _StopWhenLost(keras.callbacks.Callback):
    """Ends the epoch at a loss that is not finite. Keras' own `TerminateOnNaN` prints to standard output."""

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        del batch
        if logs and not math.isfinite(logs["loss"]):
            self.model.stop_training = True


def class_weights(train: Pipeline) -> dict[int, float]:
    """Return weights that let every class weigh the same, with a mean of 1 over the images."""
    counts = np.bincount(train.labels)
    return {label: float(train.count / (np.count_nonzero(counts) * count)) for label, count in enumerate(counts) if count}
