"""TensorFlow Lite for Microcontrollers, in its interpreter for the workstation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from tflite_micro import runtime

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from edgekit.store.bundle import Artifact

# More than any of the networks needs: here it is asked whether a file computes, not whether it fits a chip.
_ARENA_BYTES = 256 * 1024 * 1024


def open_client(artifact: Artifact) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """Open a TFLite file."""
    interpreter = runtime.Interpreter.from_file(str(artifact.path), arena_size=_ARENA_BYTES)

    def run(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        interpreter.set_input(image, 0)
        interpreter.invoke()
        return np.array(interpreter.get_output(0), np.float32)

    return run
