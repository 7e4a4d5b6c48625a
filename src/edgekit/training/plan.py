"""What a training begins with: which images it trains on, and the record of what was decided.

It loads no framework.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from edgekit.datasets.dataset import GIVEN, SEEDED
from edgekit.datasets.selection import split_off
from edgekit.host.versions import package_versions
from edgekit.store.run import RUN_SCHEMA, DatasetRecord, PlanRecord

if TYPE_CHECKING:
    from edgekit.datasets.dataset import Example
    from edgekit.datasets.survey import Survey
    from edgekit.spec.network import NetworkSpec
    from edgekit.spec.recipe import Recipe
    from edgekit.store.run import StartRecord


@dataclass(frozen=True, slots=True)
class Parts:
    """The data set as training sees it: the images that are trained on, those of validation, and the test set, read once at the end."""

    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]


def validation_of(surveyed: Survey) -> str:
    """Return where a new run's validation images come from: their own folder, or the training images."""
    return GIVEN if surveyed.dataset.validation else SEEDED


def parts_of(surveyed: Survey, recipe: Recipe, validation: str) -> Parts:
    """Return the training, validation and test images; ``validation`` says where the second come from."""
    dataset = surveyed.dataset
    if validation == GIVEN:
        return Parts(dataset.train, dataset.validation, dataset.test)
    return Parts(*split_off(dataset.train, recipe.validation_share, recipe.seed), dataset.test)


def is_of(surveyed: Survey, known: DatasetRecord) -> bool:
    """Whether these are the images that a run began with; one that was begun when validation folders were not read has none."""
    same_validation = known.validation != GIVEN or surveyed.validation_fingerprint == known.validation_fingerprint
    return surveyed.fingerprint == known.fingerprint and same_validation


def plan_of(network: NetworkSpec, recipe: Recipe, surveyed: Survey, parts: Parts, *, backend: str, start: StartRecord | None = None) -> PlanRecord:
    """Return the record of a run that begins now, on the ``parts`` of ``surveyed``.

    ``start`` is where its first weights are from.
    """
    dataset = surveyed.dataset
    return PlanRecord(
        schema=RUN_SCHEMA,
        network=network,
        recipe=recipe,
        epochs=recipe.epochs_for(network),
        labels=dataset.classes,
        dataset=DatasetRecord(
            name=dataset.name,
            location=dataset.location,
            fingerprint=surveyed.fingerprint,
            split=dataset.split,
            split_seed=recipe.seed,
            train_images=len(parts.train),
            validation_images=len(parts.validation),
            test_images=len(parts.test),
            skipped=surveyed.skipped,
            validation=validation_of(surveyed),
            validation_fingerprint=surveyed.validation_fingerprint,
            left_out=dataset.left_out,
        ),
        start=start,
        backend=backend,
        versions=package_versions("edgekit", "keras", "tensorflow-cpu", "jax", "numpy", "pillow"),
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
