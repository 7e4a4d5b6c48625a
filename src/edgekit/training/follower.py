"""The training in the processes that do not write the run: they take the plan from process 0 and keep step with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.errors import DataError, UsageError
from edgekit.spec.progress import Silent
from edgekit.store import record
from edgekit.store.run import RUN_SCHEMA, PlanRecord
from edgekit.training.fitting import fit
from edgekit.training.pipeline import Pipeline
from edgekit.training.plan import is_of, parts_of
from edgekit.training.trainer import begin_together

if TYPE_CHECKING:
    from edgekit.datasets.survey import Survey
    from edgekit.spec.network import NetworkSpec
    from edgekit.spec.progress import Progress
    from edgekit.spec.recipe import Recipe
    from edgekit.training.group import Group


def receive_plan(group: Group) -> PlanRecord:
    """Return what process 0 is about to train.

    Raises:
        TrainingError: process 0 is gone.

    """
    with group.together():
        return record.decode(group.from_leader(b""), PlanRecord, schema=RUN_SCHEMA, name="the plan of process 0")


def check_plan(plan: PlanRecord, network: NetworkSpec, recipe: Recipe) -> None:
    """Raise a `UsageError` unless this process was told to train what process 0 trains."""
    if (plan.network, plan.recipe) != (network, recipe):
        raise UsageError(
            f"process 0 trains {plan.network.name} by another recipe or other settings. Received: {network.name}, {recipe.name}",
            hint="give every process the same options, but for --process-id",
        )


def follow(plan: PlanRecord, surveyed: Survey, group: Group, *, progress: Progress) -> None:
    """Train with the others until process 0 has written the run.

    Raises:
        DataError: the images are not those of process 0.
        TrainingError: the loss is no longer finite, or another process is gone.

    """
    group.check_batch(plan.recipe.batch_size)
    if not is_of(surveyed, plan.dataset):
        raise DataError(
            f"the images are not those of process 0. Received: {surveyed.dataset.location}", hint="give every host a copy of the same folder"
        )
    parts, recipe = parts_of(surveyed, plan.recipe, plan.dataset.validation), plan.recipe
    name = f"process {group.process_id} of {group.processes}"
    progress.say(f"{name}: training with {group.devices // group.processes} of {group.devices} devices")
    with group.together():
        model, done = begin_together(plan, b"", len(parts.train), group)
        training, validation = Pipeline(parts.train, recipe, group.share), Pipeline(parts.validation, recipe, group.share)
        with training.told(), validation.told():
            fit(model, recipe, plan.epochs, done, training, validation, group, _forget, Silent())
        progress.say(f"{name} has ended with the weights {group.check_weights(model)}")
        group.leave()


def _forget(history: object) -> None:
    """Leave it to process 0 to keep the epochs."""
