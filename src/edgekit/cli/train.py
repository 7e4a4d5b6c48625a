"""``edgekit train``: an image folder becomes a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from edgekit.cli import supervisor
from edgekit.cli.options import ALL, RUNS, Backend, Json
from edgekit.cli.output import Listener
from edgekit.cli.runs import print_runs
from edgekit.cli.train_options import (
    Augmentation,
    BackendName,
    BatchSize,
    ClassWeights,
    Coordinator,
    Data,
    Epochs,
    ImageSize,
    LearningRate,
    Networks,
    Out,
    Processes,
    ProcessId,
    RecipeName,
    Resume,
    Seed,
    SkipBadImages,
    Start,
)
from edgekit.cli.trainings import Wanted, new_runs, resumed_runs
from edgekit.datasets.dataset import SAMPLE
from edgekit.errors import UsageError, nearest
from edgekit.spec.cluster import member
from edgekit.spec.network import DEFAULT_NETWORK, NETWORKS, NetworkSpec, network_named
from edgekit.spec.recipe import RECIPES, Recipe, changed

if TYPE_CHECKING:
    from edgekit.store.run import Run


def command(
    context: typer.Context,
    data: Data = None,
    networks: Networks = None,
    recipe: RecipeName = None,
    epochs: Epochs = None,
    batch_size: BatchSize = None,
    learning_rate: LearningRate = None,
    image_size: ImageSize = None,
    augment: Augmentation = None,
    class_weights: ClassWeights = None,
    seed: Seed = None,
    start: Start = None,
    resume: Resume = False,
    skip_bad_images: SkipBadImages = None,
    backend: BackendName = None,
    coordinator: Coordinator = None,
    processes: Processes = None,
    process_id: ProcessId = None,
    out: Out = RUNS,
    as_json: Json = False,
) -> int:
    """Train networks on an image folder; writes runs/NAME.

    Example: edgekit train photos --recipe quick
    """
    given = {
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "image_px": image_size,
        "augment": augment,
        "class_weights": class_weights,
        "seed": seed,
    }
    fields = {key: value for key, value in given.items() if value is not None}
    part = member(coordinator, processes, process_id)
    if part:
        supervisor.check_options(networks or (), backend, resume=resume)
        if not supervisor.is_child():
            return supervisor.supervise(context.obj, part)
    listener = Listener()
    try:
        if resume:
            _refuse_settings(bool(fields) or any(value is not None for value in (data, networks, recipe, start, skip_bad_images, backend)))
            runs = resumed_runs(out, part, listener)
        else:
            begun_from = _opened(start)
            wanted = Wanted(
                networks=_specs(networks, begun_from),
                recipe=_settings(recipe, fields, begun_from),
                location=data or SAMPLE,
                start=begun_from,
                backend=backend or Backend.TENSORFLOW,
                skip_bad_images=bool(skip_bad_images),
            )
            runs = new_runs(wanted, out, part, listener)
    finally:
        listener.close()
    print_runs(runs, as_json=as_json)
    return 0


def _refuse_settings(any_given: bool) -> None:
    if any_given:
        raise UsageError("--resume goes on with the settings that the run began with", hint="give it alone, or with --out DIR")


def _opened(start: Path | None) -> Run | None:
    if start is None:
        return None
    from edgekit.store.run import open_run

    return open_run(start)


def _specs(names: list[str] | None, start: Run | None) -> list[NetworkSpec]:
    if start is not None:
        spec = start.record.network
        if names not in (None, [spec.name]):
            raise UsageError(
                f"--from gives the network: {spec.name}. Received: --network {' --network '.join(names or ())}", hint="leave --network out"
            )
        return [spec]
    wanted = [network_named(name) for name in dict.fromkeys(names or [DEFAULT_NETWORK.name]) if name != ALL]
    return list(NETWORKS.values()) if ALL in (names or ()) else wanted


def _settings(text: str | None, fields: dict[str, Any], start: Run | None) -> Recipe:
    """Return the recipe; without one, a start's own, so that its weights fit."""
    from edgekit.store.settings import recipe_from_toml

    if text is None:
        base = start.record.recipe if start else RECIPES["paper"]
    elif text in RECIPES:
        base = RECIPES[text]
    elif text.endswith(".toml"):
        base = recipe_from_toml(Path(text))
    else:
        raise UsageError(f"there is no recipe of that name. Received: {text}", hint=f"a file of your own ends in .toml; {nearest(text, RECIPES)}")
    return changed(base, **fields)
