"""tract, Sonos' runtime in Rust."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tract

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from edgekit.store.bundle import Artifact


def open_client(artifact: Artifact) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """Open an ONNX file; symbolic dimensions are taken from each image."""
    model = tract.onnx().load(str(artifact.path)).into_model().into_runnable()

    def run(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.asarray(model.run([image])[0].to_numpy(), np.float32)

    return run
