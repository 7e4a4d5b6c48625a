"""``edgekit train``: an image folder becomes a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgekit.cli.options import RUNS, Json
from edgekit.cli.output import Listener, print_json, print_line
from edgekit.errors import DataError, MissingPackageError, UsageError, nearest
from edgekit.spec.network import DEFAULT_NETWORK, network_named
from edgekit.spec.recipe import RECIPES, Augment, Recipe, changed, recipe_from_toml
from edgekit.spec.units import duration, percent

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgekit.datasets.survey import Survey
    from edgekit.store.run import Run


def command(
    data: Annotated[str, typer.Argument(metavar="[DATA]", help="An image folder, or letters28, the embedded sample.")] = "letters28",
    network: Annotated[str, typer.Option(help="The network.")] = DEFAULT_NETWORK.name,
    recipe: Annotated[
        str, typer.Option(metavar="paper|quick|FILE.toml", help="The settings: the paper's, minutes instead of hours, or a file.")
    ] = "paper",
    epochs: Annotated[int | None, typer.Option(help="Times through the training images.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images a step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Of Adam.")] = None,
    image_size: Annotated[int | None, typer.Option(help="Pixels a side that the network sees.")] = None,
    augment: Annotated[Augment | None, typer.Option(help="Random changes of the training images.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random.")] = None,
    skip_bad_images: Annotated[bool, typer.Option("--skip-bad-images", help="Leave out files that cannot be decoded, and list them.")] = False,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where runs go.")] = RUNS,
    as_json: Json = False,
) -> None:
    """Train a network on an image folder; writes runs/NAME.

    Example: edgekit train photos --recipe quick
    """
    spec = network_named(network)
    given = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate, "image_px": image_size, "augment": augment, "seed": seed}
    settings = changed(_recipe(recipe), **{key: value for key, value in given.items() if value is not None})
    trainer = _trainer()
    listener = Listener()
    try:
        surveyed = _surveyed(data, settings, skip_bad_images, listener)
        listener.say(
            f"{spec.title} on {surveyed.dataset.name}: {len(surveyed.dataset.train)} training and {len(surveyed.dataset.test)} test images, "
            f"{len(surveyed.dataset.classes)} classes, {settings.image_px} px, {settings.epochs_for(spec)} epochs by the recipe {settings.name}"
        )
        run = trainer(spec, settings, surveyed, out, progress=listener)
    finally:
        listener.close()
    if as_json:
        print_json({"run": str(run.folder), "test_accuracy": run.record.test_accuracy, "seconds": run.record.seconds})
        return
    print_line(
        f"{run.folder}: top-1 {percent(run.record.test_accuracy)} on {run.record.dataset.test_images} test images, in {duration(run.record.seconds)}"
    )
    print_line("next: edgekit export")


def _recipe(text: str) -> Recipe:
    if text in RECIPES:
        return RECIPES[text]
    if text.endswith(".toml"):
        return recipe_from_toml(Path(text))
    raise UsageError(f"there is no recipe of that name. Received: {text}", hint=f"{nearest(text, RECIPES)}, or give a FILE.toml")


def _surveyed(data: str, settings: Recipe, skip_bad_images: bool, listener: Listener) -> Survey:
    from edgekit.datasets.source import open_dataset
    from edgekit.datasets.survey import survey

    found = survey(open_dataset(data, seed=settings.seed), tick=lambda done, total: listener.advance("reading images", done, total))
    if not found.unreadable:
        return found
    if not skip_bad_images:
        first = found.unreadable[0].error
        raise DataError(
            f"{len(found.unreadable)} images cannot be decoded, the first: {first}",
            hint="mend or remove them, or leave them out with --skip-bad-images",
        )
    listener.say(f"leaving out {len(found.unreadable)} images that cannot be decoded: {', '.join(look.picture.name for look in found.unreadable)}")
    return found.readable()


def _trainer() -> Callable[..., Run]:
    try:
        from edgekit.train.trainer import train
    except ModuleNotFoundError as error:
        raise MissingPackageError(f"training needs a package that is not installed: {error.name}", hint="pip install edgekit[train]") from error
    return train
