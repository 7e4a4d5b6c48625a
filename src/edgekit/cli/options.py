"""Options that several verbs share, and where things are by default."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgekit.spec.runtime import RUNTIMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

RUNS, EXPORTED, RESULTS = Path("runs"), Path("exported"), Path("results")
ALL = "all"


def completing(names: Iterable[str]) -> Callable[[], list[str]]:
    """Return what a shell completes an option with."""
    return lambda: list(names)


Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else, on standard output.")]
RuntimeName = Annotated[
    str | None,
    typer.Option(
        "--runtime",
        autocompletion=completing(RUNTIMES),
        help="litert, onnxruntime or openvino; by default the one that the file was made for, or the first that is installed.",
    ),
]

TimeLimit = Annotated[
    float,
    typer.Option("--time-limit", metavar="SECONDS", min=1, max=86_400, help="For a runtime to open a file, or to answer an image."),
]
MemoryLimit = Annotated[str, typer.Option("--memory-limit", metavar="SIZE", help="Of each process that opens a model file; held on Linux alone.")]
TIME_LIMIT_S, MEMORY_LIMIT = 40.0, "8GB"


class Backend(StrEnum):
    """What Keras computes with."""

    TENSORFLOW = "tensorflow"
    JAX = "jax"


@contextmanager
def backend_chosen(backend: Backend) -> Iterator[None]:
    """Choose what Keras computes with, and import it within: it reads the choice when it is first imported.

    Half a million objects come with it, and stay: Python's collector does not look through them, neither as they come nor later.
    """
    os.environ["KERAS_BACKEND"] = backend.value
    if "keras" in sys.modules:
        yield
        return
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()
