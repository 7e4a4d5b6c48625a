"""tflite-runtime 2.14, the last of its name: for devices that have it, in an environment of its own, since it needs NumPy 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tflite_runtime.interpreter import Interpreter

from edgekit.runtimes.interpreter import InterpreterSession

if TYPE_CHECKING:
    from edgekit.store.bundle import Artifact


class TFLiteRuntimeSession(InterpreterSession):
    """A TFLite file in tflite-runtime."""

    title = "tflite-runtime"


def open_session(artifact: Artifact, threads: int) -> TFLiteRuntimeSession:
    """Open a TFLite file with ``threads`` threads."""
    return TFLiteRuntimeSession.open(Interpreter, artifact, threads)
