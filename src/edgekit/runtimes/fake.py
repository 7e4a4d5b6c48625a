"""A runtime that computes nothing: scores from the mean of the image. It shows what the harness itself costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgekit.store.bundle import Artifact


class FakeSession:
    """Answers the same scores for the same image."""

    def __init__(self, count: int) -> None:
        self._classes = np.arange(count, dtype=np.float32)

    def run(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32 (1, count), highest near the share of the image's first row's mean."""
        peak = float(image[0, 0].mean()) / 255 * (len(self._classes) - 1)
        scores: NDArray[np.float32] = -np.abs(self._classes - peak, dtype=np.float32)[np.newaxis]
        return scores


def open_session(artifact: Artifact, threads: int) -> FakeSession:
    """Open nothing; as many scores as the artifact's output has."""
    del threads
    return FakeSession(artifact.contract.output.shape[-1])
