"""Options that several verbs share, and where things are by default."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

RUNS, EXPORTED, RESULTS = Path("runs"), Path("exported"), Path("results")
ALL = "all"

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else, on standard output.")]
RuntimeName = Annotated[str | None, typer.Option("--runtime", help="litert, onnxruntime or openvino; by default what is installed.")]


class Backend(StrEnum):
    """What Keras computes with."""

    TENSORFLOW = "tensorflow"
    JAX = "jax"


def use_backend(backend: Backend) -> None:
    """Choose what Keras computes with; it reads the choice when it is first imported."""
    os.environ["KERAS_BACKEND"] = backend.value
