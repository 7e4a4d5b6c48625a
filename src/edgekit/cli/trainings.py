"""What ``edgekit train`` does once it is known what is wanted.

Runs are begun, or gone on with, in one process or in several.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.cli.options import Backend, backend_chosen
from edgekit.errors import DataError, MissingPackageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path
    from types import ModuleType

    from edgekit.cli.output import Listener
    from edgekit.datasets.survey import Survey
    from edgekit.spec.cluster import Member
    from edgekit.spec.network import NetworkSpec
    from edgekit.spec.recipe import Recipe
    from edgekit.store.run import PlanRecord, Run
    from edgekit.training.group import Group


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """New runs: one of each network, on the images at ``location``."""

    networks: Sequence[NetworkSpec]
    recipe: Recipe
    location: str
    start: Run | None
    backend: Backend
    skip_bad_images: bool


def new_runs(wanted: Wanted, out: Path, part: Member | None, listener: Listener) -> list[Run]:
    """Train what is ``wanted`` into ``out``.

    Of several processes, process 0 returns the runs, and the others return none.
    """
    recipe = wanted.recipe
    for network in wanted.networks:
        recipe.check_for(network)
    trainer = _trainer(wanted.backend)
    group = _joined(part)
    surveyed = _surveyed(wanted.location, recipe.seed, listener, skip=wanted.skip_bad_images)
    if _follows(part):
        _follow(group, surveyed, wanted.networks[0], recipe, listener)
        return []
    runs = []
    for network in wanted.networks:
        _announce(network, recipe, surveyed, listener)
        runs.append(trainer.train(network, recipe, surveyed, out, progress=listener, start=wanted.start, group=group))
    return runs


def resumed_runs(out: Path, part: Member | None, listener: Listener) -> list[Run]:
    """Go on with the newest unfinished run below ``out``.

    Of several processes, process 0 returns it, and the others return none.
    """
    from edgekit.store.run import newest_unfinished

    if _follows(part):
        _trainer(Backend.JAX)
        from edgekit.training.follower import follow, receive_plan

        group = _joined(part)
        plan = receive_plan(group)
        follow(plan, _surveyed_again(plan, listener), group, progress=listener)
        return []
    unfinished = newest_unfinished(out)
    plan = unfinished.plan
    if part and plan.backend != Backend.JAX:
        raise UsageError(f"several processes train with JAX only. Received: a run begun with {plan.backend}", hint="--resume it in one process")
    trainer = _trainer(Backend(plan.backend))
    group = _joined(part)
    surveyed = _surveyed_again(plan, listener)
    _announce(plan.network, plan.recipe, surveyed, listener)
    return [trainer.resume(unfinished, surveyed, progress=listener, group=group)]


def _follows(part: Member | None) -> bool:
    return part is not None and part.process_id > 0


def _joined(part: Member | None) -> Group:
    from edgekit.training.group import alone, join

    return join(part) if part else alone()


def _follow(group: Group, surveyed: Survey, network: NetworkSpec, recipe: Recipe, listener: Listener) -> None:
    from edgekit.training.follower import check_plan, follow, receive_plan

    plan = receive_plan(group)
    check_plan(plan, network, recipe)
    follow(plan, surveyed, group, progress=listener)


def _surveyed_again(plan: PlanRecord, listener: Listener) -> Survey:
    return _surveyed(plan.dataset.location, plan.recipe.seed, listener, skipped=plan.dataset.skipped)


def _surveyed(location: str, seed: int, listener: Listener, *, skip: bool = False, skipped: Collection[str] = ()) -> Survey:
    """Look at every image once; unreadable ones are an error, unless they are to be left out."""
    from edgekit.datasets.source import open_dataset
    from edgekit.datasets.survey import survey

    dataset = open_dataset(location, seed=seed).without(set(skipped))
    for entry in dataset.left_out:
        listener.say(str(entry))
    found = survey(dataset, tick=lambda done, total: listener.advance("reading images", done, total))
    if not found.unreadable:
        return found
    if not skip:
        first = found.unreadable[0].error
        raise DataError(
            f"{len(found.unreadable)} images cannot be decoded, the first: {first}",
            hint="mend or remove them, or leave them out with --skip-bad-images",
        )
    listener.say(f"leaving out {len(found.unreadable)} images that cannot be decoded: {', '.join(look.picture.name for look in found.unreadable)}")
    return found.readable()


def _trainer(backend: Backend) -> ModuleType:
    try:
        with backend_chosen(backend):
            from edgekit.training import trainer
    except ModuleNotFoundError as error:
        extra = "jax" if error.name == "jax" else "train"
        raise MissingPackageError(f"training needs a package that is not installed: {error.name}", hint=f"pip install edgekit[{extra}]") from error
    return trainer


def _announce(network: NetworkSpec, recipe: Recipe, surveyed: Survey, listener: Listener) -> None:
    dataset = surveyed.dataset
    validation = f", {len(dataset.validation)} validation" if dataset.validation else ""
    images = f"{len(dataset.train)} training{validation} and {len(dataset.test)} test images"
    listener.say(
        f"{network.title} on {dataset.name}: {images}, {len(dataset.classes)} classes, "
        f"{recipe.image_px} px, {recipe.epochs_for(network)} epochs by the recipe {recipe.name}"
    )
