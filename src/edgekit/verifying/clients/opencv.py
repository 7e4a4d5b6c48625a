"""OpenCV's dnn module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from edgekit.store.bundle import Artifact


def open_client(artifact: Artifact) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """Open a file. OpenCV takes raw pixels as they are, without its ``blobFromImage``."""
    net = cv2.dnn.readNet(str(artifact.path))

    def run(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        net.setInput(image)
        return np.array(net.forward(), np.float32)

    return run
