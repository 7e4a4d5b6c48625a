"""The record of a run, as `edgekit train` would write it, of what was not trained. Nothing here needs a training framework."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.datasets.folder import open_folder
from edgekit.datasets.survey import survey
from edgekit.store.run import RUN_SCHEMA, DatasetRecord, RunRecord

if TYPE_CHECKING:
    from pathlib import Path

    from edgekit.spec.network import NetworkSpec
    from edgekit.spec.recipe import Recipe


def run_record(folder: Path, network: NetworkSpec, recipe: Recipe) -> RunRecord:
    """Return the record of a run on the images of ``folder``, which learnt nothing."""
    surveyed = survey(open_folder(folder))
    dataset = surveyed.dataset
    return RunRecord(
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
            train_images=len(dataset.train),
            validation_images=0,
            test_images=len(dataset.test),
        ),
        start=None,
        backend="tensorflow",
        versions={},
        started_at="2026-01-01T00:00:00+00:00",
        history=(),
        test_accuracy=0.0,
        classes=(),
        confused=(),
        seconds=0.0,
        model_sha256="",
    )
