"""The options of ``edgekit train``, as Typer reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgekit.cli.options import ALL, Backend, completing
from edgekit.datasets.dataset import SAMPLE
from edgekit.spec.network import DEFAULT_NETWORK, NETWORKS
from edgekit.spec.recipe import RECIPES, Augment

Data = Annotated[str | None, typer.Argument(metavar="[DATA]", help=f"An image folder, or {SAMPLE}, the embedded sample (default).")]
Networks = Annotated[
    list[str] | None,
    typer.Option(
        "--network", metavar="NAME|all", autocompletion=completing([*NETWORKS, ALL]), help=f"May be repeated. [default: {DEFAULT_NETWORK.name}]"
    ),
]
RecipeName = Annotated[
    str | None,
    typer.Option(
        metavar="paper|quick|FILE.toml",
        autocompletion=completing(RECIPES),
        help="The settings: the paper's, minutes instead of hours, or a file. [default: paper]",
    ),
]
Epochs = Annotated[int | None, typer.Option(help="Times through the training images.")]
BatchSize = Annotated[int | None, typer.Option(help="Images a step.")]
LearningRate = Annotated[float | None, typer.Option(help="Of Adam.")]
ImageSize = Annotated[int | None, typer.Option(help="Pixels a side that the network sees.")]
Augmentation = Annotated[Augment | None, typer.Option(help="Random changes of the training images.")]
ClassWeights = Annotated[bool | None, typer.Option("--class-weights", help="Let every class weigh the same, however many images it has.")]
Seed = Annotated[int | None, typer.Option(help="Of everything random.")]
Start = Annotated[Path | None, typer.Option("--from", metavar="RUN", help="Begin with this run's weights; for other classes with a new last layer.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the newest unfinished run, with its own settings.")]
SkipBadImages = Annotated[bool | None, typer.Option("--skip-bad-images", help="Leave out files that cannot be decoded, and list them.")]
BackendName = Annotated[Backend | None, typer.Option(help="What computes. [default: tensorflow]")]
Coordinator = Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Train on several machines: where process 0 is. Needs --backend jax.")]
Processes = Annotated[int | None, typer.Option(help="How many processes train together.")]
ProcessId = Annotated[int | None, typer.Option(help="Which of them this is, from 0; process 0 writes the run.")]
Out = Annotated[Path, typer.Option(metavar="DIR", help="Where runs go.")]
