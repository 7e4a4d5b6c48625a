"""``edgekit train``: an image folder becomes a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgekit.cli import supervisor
from edgekit.cli.options import ALL, RUNS, Backend, Json, backend_chosen, completing
from edgekit.cli.output import Listener
from edgekit.cli.runs import print_runs
from edgekit.datasets.dataset import SAMPLE
from edgekit.errors import DataError, MissingPackageError, UsageError, nearest
from edgekit.spec.cluster import Member, member
from edgekit.spec.network import DEFAULT_NETWORK, NETWORKS, NetworkSpec, network_named
from edgekit.spec.recipe import RECIPES, Augment, Recipe, changed

if TYPE_CHECKING:
    from collections.abc import Collection
    from types import ModuleType

    from edgekit.datasets.survey import Survey
    from edgekit.store.run import PlanRecord, Run
    from edgekit.training.group import Group


def command(
    context: typer.Context,
    data: Annotated[str | None, typer.Argument(metavar="[DATA]", help=f"An image folder, or {SAMPLE}, the embedded sample (default).")] = None,
    networks: Annotated[
        list[str] | None,
        typer.Option(
            "--network", metavar="NAME|all", autocompletion=completing([*NETWORKS, ALL]), help=f"May be repeated. [default: {DEFAULT_NETWORK.name}]"
        ),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            metavar="paper|quick|FILE.toml",
            autocompletion=completing(RECIPES),
            help="The settings: the paper's, minutes instead of hours, or a file. [default: paper]",
        ),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Times through the training images.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images a step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Of Adam.")] = None,
    image_size: Annotated[int | None, typer.Option(help="Pixels a side that the network sees.")] = None,
    augment: Annotated[Augment | None, typer.Option(help="Random changes of the training images.")] = None,
    class_weights: Annotated[bool | None, typer.Option("--class-weights", help="Let every class weigh the same, however many images it has.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random.")] = None,
    start: Annotated[
        Path | None, typer.Option("--from", metavar="RUN", help="Begin with this run's weights; for other classes with a new last layer.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the newest unfinished run, with its own settings.")] = False,
    skip_bad_images: Annotated[bool | None, typer.Option("--skip-bad-images", help="Leave out files that cannot be decoded, and list them.")] = None,
    backend: Annotated[Backend | None, typer.Option(help="What computes. [default: tensorflow]")] = None,
    coordinator: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Train on several machines: where process 0 is. Needs --backend jax.")
    ] = None,
    processes: Annotated[int | None, typer.Option(help="How many processes train together.")] = None,
    process_id: Annotated[int | None, typer.Option(help="Which of them this is, from 0; process 0 writes the run.")] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where runs go.")] = RUNS,
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
            runs = _resumed(out, part, listener)
        else:
            begun_from = _opened(start)
            specs = _specs(networks, begun_from)
            settings = _settings(recipe, fields, begun_from)
            for spec in specs:
                settings.check_for(spec)
            trainer = _trainer(backend or Backend.TENSORFLOW)
            group = _joined(part)
            surveyed = _surveyed(data or SAMPLE, settings.seed, listener, skip=bool(skip_bad_images))
            runs = []
            if _follows(part):
                _follow(group, surveyed, specs[0], settings, listener)
                specs = []
            for spec in specs:
                _announce(spec, settings, surveyed, listener)
                runs.append(trainer.train(spec, settings, surveyed, out, progress=listener, start=begun_from, group=group))
    finally:
        listener.close()
    print_runs(runs, as_json=as_json)
    return 0


def _follows(part: Member | None) -> bool:
    return part is not None and part.process_id > 0


def _joined(part: Member | None) -> Group:
    from edgekit.training.group import alone, join

    return join(part) if part else alone()


def _follow(group: Group, surveyed: Survey, spec: NetworkSpec, settings: Recipe, listener: Listener) -> None:
    from edgekit.training.follower import check_plan, follow, receive_plan

    plan = receive_plan(group)
    check_plan(plan, spec, settings)
    follow(plan, surveyed, group, progress=listener)


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


def _resumed(out: Path, part: Member | None, listener: Listener) -> list[Run]:
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


def _announce(spec: NetworkSpec, settings: Recipe, surveyed: Survey, listener: Listener) -> None:
    dataset = surveyed.dataset
    validation = f", {len(dataset.validation)} validation" if dataset.validation else ""
    images = f"{len(dataset.train)} training{validation} and {len(dataset.test)} test images"
    listener.say(
        f"{spec.title} on {dataset.name}: {images}, {len(dataset.classes)} classes, "
        f"{settings.image_px} px, {settings.epochs_for(spec)} epochs by the recipe {settings.name}"
    )
