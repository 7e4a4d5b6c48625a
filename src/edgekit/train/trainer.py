"""The training itself: a recipe, a network and a surveyed data set become a run on disk."""

from __future__ import annotations

import hashlib
import math
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import keras

from edgekit.datasets.selection import split_off
from edgekit.errors import TrainingError
from edgekit.networks import build
from edgekit.spec.recipe import Schedule
from edgekit.store.atomic import staged_folder, write_whole, writing
from edgekit.store.record import encode
from edgekit.store.run import MODEL_FILE, RUN_FILE, RUN_SCHEMA, DatasetRecord, EpochRecord, Run, RunRecord
from edgekit.store.versions import package_versions
from edgekit.train.pace import Pace
from edgekit.train.pipeline import Pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from edgekit.datasets.survey import Survey
    from edgekit.spec.network import NetworkSpec
    from edgekit.spec.progress import Progress
    from edgekit.spec.recipe import Recipe


def train(network: NetworkSpec, recipe: Recipe, surveyed: Survey, out: Path, *, progress: Progress) -> Run:
    """Train ``network`` on the readable images of ``surveyed`` and write the run below ``out``.

    The last epoch's weights are kept. The test split is read once, at the end.

    Raises:
        TrainingError: the loss is no longer finite.

    """
    started = datetime.now(UTC)
    begun = time.monotonic()
    keras.utils.set_random_seed(recipe.seed)
    dataset = surveyed.dataset
    learnt, watched = split_off(dataset.train, recipe.validation_share, recipe.seed)
    model = _compiled(network, recipe, classes=len(dataset.classes), images=len(learnt))
    with staged_folder(out, network.name) as stage:
        history = _fit(model, recipe, recipe.epochs_for(network), Pipeline(learnt, recipe), Pipeline(watched, recipe), progress)
        progress.say(f"reading the test set once: {len(dataset.test)} images")
        _, accuracy = model.evaluate(Pipeline(dataset.test, recipe).plain(), verbose=0)
        with writing(stage.path):
            model.save(stage.path / MODEL_FILE)
        record = RunRecord(
            schema=RUN_SCHEMA,
            network=network,
            recipe=recipe,
            epochs=len(history),
            labels=dataset.classes,
            dataset=DatasetRecord(
                name=dataset.name,
                location=dataset.location,
                fingerprint=surveyed.fingerprint,
                split=dataset.split,
                split_seed=recipe.seed,
                train_images=len(learnt),
                validation_images=len(watched),
                test_images=len(dataset.test),
                skipped=surveyed.skipped,
            ),
            history=tuple(history),
            test_accuracy=float(accuracy),
            seed=recipe.seed,
            backend=keras.backend.backend(),
            versions=package_versions("edgekit", "keras", "tensorflow-cpu", "numpy", "pillow"),
            started_at=started.isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - begun, 1),
            model_sha256=hashlib.sha256((stage.path / MODEL_FILE).read_bytes()).hexdigest(),
        )
        write_whole(stage.path / RUN_FILE, encode(record))
    return Run(stage.final, record)


def _compiled(network: NetworkSpec, recipe: Recipe, *, classes: int, images: int) -> keras.Model:
    model = build(network, recipe, classes=classes)
    rate: float | keras.optimizers.schedules.LearningRateSchedule = recipe.learning_rate
    if recipe.schedule is Schedule.COSINE:
        steps = math.ceil(images / recipe.batch_size) * recipe.epochs_for(network)
        rate = keras.optimizers.schedules.CosineDecay(recipe.learning_rate, steps)
    model.compile(optimizer=keras.optimizers.Adam(rate), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def _fit(model: keras.Model, recipe: Recipe, epochs: int, learnt: Pipeline, watched: Pipeline, progress: Progress) -> list[EpochRecord]:
    """Fit epoch by epoch: each has a data set of its own, so its order depends on its number alone."""
    pace = Pace(epochs, learnt.batches, recipe.batch_size, progress)
    history: list[EpochRecord] = []
    for epoch in range(epochs):
        pace.begin(epoch)
        begun = time.monotonic()
        figures = model.fit(
            learnt.training(epoch),
            validation_data=watched.plain() if watched.count else None,
            initial_epoch=epoch,
            epochs=epoch + 1,
            shuffle=False,
            callbacks=[pace, keras.callbacks.TerminateOnNaN()],
            verbose=0,
        ).history
        loss = float(figures["loss"][-1])
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss is no longer finite in epoch {epoch + 1}. Received: learning rate {recipe.learning_rate}",
                hint="try a smaller --learning-rate, or look at the images: `edgekit data inspect DIR`",
            )
        entry = EpochRecord(
            epoch=epoch + 1,
            loss=loss,
            accuracy=float(figures["accuracy"][-1]),
            validation_loss=_last(figures, "val_loss"),
            validation_accuracy=_last(figures, "val_accuracy"),
            seconds=round(time.monotonic() - begun, 2),
        )
        history.append(entry)
        pace.end(entry)
    return history


def _last(figures: dict[str, list[float]], key: str) -> float | None:
    return float(figures[key][-1]) if key in figures else None
