"""LiteRT (PyPI ai-edge-litert), the successor of tflite-runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_edge_litert.interpreter import Interpreter

from edgekit.runtimes.interpreter import InterpreterSession
from edgekit.store.operators import typical_times

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from edgekit.store.bundle import Artifact
    from edgekit.store.operators import OperatorTime


class LiteRTSession(InterpreterSession):
    """A TFLite file in LiteRT."""

    title = "LiteRT"


def open_session(artifact: Artifact, threads: int) -> LiteRTSession:
    """Open a TFLite file with ``threads`` threads."""
    return LiteRTSession.open(Interpreter, artifact, threads)


def profile(artifact: Artifact, threads: int, images: Sequence[NDArray[np.uint8]]) -> tuple[OperatorTime, ...]:
    """Return each operator's time, by LiteRT's own profiler; the images have one size. Only Linux wheels have it; elsewhere none is told."""
    from edgekit.runtimes.litert_profiler import LIBRARY, ProfiledModel  # here, since a session needs none of it

    if not LIBRARY.exists():
        return ()
    model = ProfiledModel(artifact.path, threads, images[0].shape)
    return typical_times(operator for image in images for operator in model.run(image))
