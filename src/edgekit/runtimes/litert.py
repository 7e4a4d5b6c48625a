"""LiteRT (PyPI ai-edge-litert), the successor of tflite-runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_edge_litert.interpreter import Interpreter

from edgekit.runtimes.interpreter import InterpreterSession

if TYPE_CHECKING:
    from edgekit.store.bundle import Artifact


class LiteRTSession(InterpreterSession):
    """A TFLite file in LiteRT."""

    title = "LiteRT"


def open_session(artifact: Artifact, threads: int) -> LiteRTSession:
    """Open a TFLite file with ``threads`` threads."""
    return LiteRTSession.open(Interpreter, artifact, threads)
