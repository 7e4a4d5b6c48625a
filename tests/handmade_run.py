"""The record of a run, as `edgekit train` would write it, of what was not trained.

Nothing here needs a training framework.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from edgekit.datasets.folder import open_folder
from edgekit.datasets.survey import survey
from edgekit.store.run import RunRecord
from edgekit.training.plan import parts_of, plan_of, validation_of

if TYPE_CHECKING:
    from pathlib import Path

    from edgekit.spec.network import NetworkSpec
    from edgekit.spec.recipe import Recipe


def run_record(folder: Path, network: NetworkSpec, recipe: Recipe) -> RunRecord:
    """Return the record of a run on the images of ``folder``, which learnt nothing."""
    surveyed = survey(open_folder(folder))
    plan = plan_of(network, recipe, surveyed, parts_of(surveyed, recipe, validation_of(surveyed)), backend="tensorflow")
    fixed = msgspec.structs.replace(plan, versions={}, started_at="2026-01-01T00:00:00+00:00")
    return RunRecord(**msgspec.structs.asdict(fixed), history=(), test_accuracy=0.0, classes=(), confused=(), seconds=0.0, model_sha256="")
