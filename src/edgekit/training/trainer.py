"""The training as a whole: a recipe, a network and a surveyed data set become a run on disk, in one go or in several."""

from __future__ import annotations

import hashlib
import io
import shutil
import time
from typing import TYPE_CHECKING

import keras
import numpy as np

from edgekit.analysis.confusion import class_figures, confusion_matrix, most_confused
from edgekit.datasets.selection import balanced
from edgekit.errors import DataError
from edgekit.store import record
from edgekit.store.atomic import writing
from edgekit.store.run import MODEL_FILE, PlanRecord, Run, RunRecord, begin_run, end_run, keep_answers
from edgekit.training.checkpoints import epochs_done, load_checkpoint, newest_checkpoint, save_checkpoint, take_state
from edgekit.training.fitting import compiled, fit, with_softmax
from edgekit.training.group import Group, alone
from edgekit.training.logs import Logs
from edgekit.training.norms import MOST_IMAGES, refresh_norms
from edgekit.training.pictures import draw_confusion, draw_curves
from edgekit.training.pipeline import Pipeline
from edgekit.training.plan import is_of, parts_of, plan_of, validation_of
from edgekit.training.start import take_weights

if TYPE_CHECKING:
    from pathlib import Path

    from edgekit.datasets.survey import Survey
    from edgekit.spec.network import NetworkSpec
    from edgekit.spec.progress import Progress
    from edgekit.spec.recipe import Recipe
    from edgekit.store.run import EpochRecord, Unfinished
    from edgekit.training.plan import Parts


def train(
    network: NetworkSpec,
    recipe: Recipe,
    surveyed: Survey,
    out: Path,
    *,
    progress: Progress,
    start: Run | None = None,
    group: Group | None = None,
) -> Run:
    """Train ``network`` on the readable images of ``surveyed`` and write the run below ``out``.

    The last epoch's weights are kept. The test split is read once, at the end. ``start`` gives the first weights;
    ``group`` is what trains it, by default this process with all of its devices: the others of a group follow.

    Raises:
        UsageError: the network cannot be trained so.
        TrainingError: the loss is no longer finite, or another process is gone.

    """
    group = group or alone()
    recipe.check_for(network)
    group.check_batch(recipe.batch_size)
    classes = surveyed.dataset.classes
    parts = parts_of(surveyed, recipe, validation_of(surveyed))
    model = compiled(network, recipe, classes=len(classes), images=len(parts.train))
    begun_from = take_weights(model, start, classes) if start else None
    plan = plan_of(network, recipe, surveyed, parts, backend=keras.backend.backend(), start=begun_from)
    unfinished = begin_run(out, plan)
    try:
        save_checkpoint(unfinished.folder, model, ())
    except BaseException:
        shutil.rmtree(unfinished.folder, ignore_errors=True)
        raise
    return _go_on(unfinished, model, [], parts, group, progress)


def resume(unfinished: Unfinished, surveyed: Survey, *, progress: Progress, group: Group | None = None) -> Run:
    """Go on with a run after its last whole epoch; it ends as if it had never been interrupted.

    Raises:
        UsageError: the run's batch does not divide by the devices.
        DataError: the data set has changed since the run began.
        StoreError: the checkpoint is damaged.

    """
    plan, group = unfinished.plan, group or alone()
    group.check_batch(plan.recipe.batch_size)
    if not is_of(surveyed, plan.dataset):
        raise DataError(f"the data set has changed since the run began. Received: {plan.dataset.location}", hint="train again without --resume")
    parts = parts_of(surveyed, plan.recipe, plan.dataset.validation)
    model = compiled(plan.network, plan.recipe, classes=len(plan.labels), images=len(parts.train))
    history = load_checkpoint(newest_checkpoint(unfinished.folder), model)
    progress.say(f"going on with {unfinished.folder} after epoch {len(history)} of {plan.epochs}")
    return _go_on(unfinished, model, history, parts, group, progress)


def begin_together(plan: PlanRecord, checkpoint: bytes, images: int, group: Group) -> tuple[keras.Model, list[EpochRecord]]:
    """Return a model on all devices of ``group`` as it was at process 0's ``checkpoint``, and the epochs up to there."""
    with group.scope():
        shared = compiled(plan.network, plan.recipe, classes=len(plan.labels), images=images)
        return shared, load_checkpoint(io.BytesIO(group.from_leader(checkpoint)), shared)


def _go_on(unfinished: Unfinished, model: keras.Model, done: list[EpochRecord], parts: Parts, group: Group, progress: Progress) -> Run:
    plan, folder = unfinished.plan, unfinished.folder
    recipe, share = plan.recipe, group.share
    logs, shared = Logs(folder), model

    def keep(history: list[EpochRecord]) -> None:
        logs.add(history[-1])
        save_checkpoint(folder, shared, history)

    try:
        with group.together():
            if not group.is_one_device:
                progress.say(f"training on {group.devices} devices of {group.processes} process{'es' * (group.processes > 1)}")
                group.from_leader(record.encode(plan))
                shared, done = begin_together(plan, newest_checkpoint(folder).read_bytes(), len(parts.train), group)
            training, validation = Pipeline(parts.train, recipe, share), Pipeline(parts.validation, recipe, share)
            with training.told(), validation.told():
                history = fit(shared, recipe, plan.epochs, done, training, validation, group, keep, progress)
            if not group.is_one_device:
                progress.say(f"process 0 has ended with the weights {group.check_weights(shared)}")
                take_state(model, shared)
    except BaseException:
        if epochs_done(folder) == 0:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    run = _finish(unfinished, model, history, parts, progress)
    with group.together():
        group.leave()
    return run


def _finish(unfinished: Unfinished, model: keras.Model, history: list[EpochRecord], parts: Parts, progress: Progress) -> Run:
    plan, folder, recipe = unfinished.plan, unfinished.folder, unfinished.plan.recipe
    begun = time.monotonic()
    some = balanced(parts.train, MOST_IMAGES, recipe.seed)
    progress.say(f"measuring the batch norms' statistics on {len(some)} training images")
    measured = Pipeline(some, recipe, cache_bytes=0)
    with measured.told():
        refresh_norms(model, (images for images, _ in measured.plain()))
    progress.say(f"reading the test set once: {len(parts.test)} images")
    tested = Pipeline(parts.test, recipe, cache_bytes=0)
    with tested.told():
        scores = model.predict(tested.plain(), verbose=0)
    answers = scores.argmax(axis=1)
    labels = np.array([example.label for example in parts.test])
    matrix = confusion_matrix(labels, answers, len(plan.labels))
    with writing(folder):
        with_softmax(model).save(folder / MODEL_FILE)
    draw_curves(folder, history)
    draw_confusion(folder, matrix, plan.labels)
    finished = RunRecord(
        **{field: getattr(plan, field) for field in PlanRecord.__struct_fields__},
        history=tuple(history),
        test_accuracy=float(np.mean(answers == labels)),
        classes=class_figures(matrix, plan.labels),
        confused=most_confused(matrix, plan.labels),
        seconds=round(sum(entry.seconds for entry in history) + time.monotonic() - begun, 1),
        model_sha256=hashlib.sha256((folder / MODEL_FILE).read_bytes()).hexdigest(),
    )
    keep_answers(Run(folder, finished), [example.picture.name for example in parts.test], scores)
    return end_run(unfinished, finished)
