"""The options of ``edgekit export``, as Typer reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgekit.cli.options import completing
from edgekit.spec.export import Head
from edgekit.spec.format import Format, Precision
from edgekit.spec.pixels import PIXELS
from edgekit.spec.task import Task
from edgekit.spec.tuning import BUILT_IN

_FOREIGN = "Of a model trained elsewhere"

Sources = Annotated[
    list[Path] | None, typer.Argument(metavar="[RUN… or FILE.keras|.h5]", help="Runs' folders, or Keras models; by default the newest in runs/.")
]
Every = Annotated[bool, typer.Option("--all", help="All finished runs in runs/.")]
Formats = Annotated[list[Format] | None, typer.Option("--format", help="May be repeated; by default all.")]
Precisions = Annotated[list[Precision] | None, typer.Option("--precision", help="May be repeated; by default float32 and int8.")]
HeadName = Annotated[Head, typer.Option(help="What the file answers.")]
Size = Annotated[str, typer.Option(metavar="any|HxW", help="Image sizes that the file accepts.")]
TunedFor = Annotated[
    str,
    typer.Option(
        metavar="|".join([*BUILT_IN, "FILE.toml", "RESULT.jsonl"]),
        autocompletion=completing(BUILT_IN),
        help="Which exact rewrites the network gets; of a result of candidates the fastest.",
    ),
]
Tune = Annotated[bool, typer.Option("--tune", help="Look for the rewrites that are fastest on this machine: minutes.")]
Candidates = Annotated[
    bool, typer.Option("--candidates", help="Add a file for each rewrite that may help, for `edgekit bench` on another machine to choose from.")
]
Calibration = Annotated[Path | None, typer.Option(metavar="DIR", help="Images for int8; by default the run's training images.")]
Golden = Annotated[Path | None, typer.Option(metavar="DIR", help="Images that travel with the bundle; by default from the test set.")]
Licence = Annotated[str | None, typer.Option(metavar="SPDX", help="Your model's licence, for its card: Apache-2.0, for example.")]
Labels = Annotated[
    Path | None, typer.Option(metavar="FILE", help=f"{_FOREIGN}: its classes, one a line; of two labels a high score means the second.")
]
TaskName = Annotated[
    Task | None,
    typer.Option(help=f"{_FOREIGN}: what its scores are of: one of several classes, one of two labels, or labels each by itself."),
]
Thresholds = Annotated[
    list[str] | None,
    typer.Option("--threshold", metavar="P|NAME=P", help=f"{_FOREIGN}: above which probability a label counts, by default 0.5; may be repeated."),
]
Truth = Annotated[
    Path | None, typer.Option(metavar="FILE.csv", help=f"{_FOREIGN}: what the golden images show: IMAGE,LABEL;LABEL or a column a label.")
]
Preprocessing = Annotated[
    str | None, typer.Option(metavar="|".join([*PIXELS, "'[bgr;]mean=…;std=…'"]), help=f"{_FOREIGN}: what its input expects; by default raw.")
]
ImageSize = Annotated[int | None, typer.Option(metavar="PX", min=1, help=f"{_FOREIGN}, if it takes any size: the side to use.")]
Unsafe = Annotated[bool, typer.Option("--unsafe", help=f"{_FOREIGN}: run code that the file holds. Only for files you trust.")]
Out = Annotated[Path, typer.Option(metavar="DIR", help="Where bundles go.")]
