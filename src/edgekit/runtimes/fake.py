"""A runtime that computes nothing: scores from the mean of the image. It shows what the harness itself costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgekit.runtimes.base import Session

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgekit.store.bundle import Artifact


class FakeSession(Session):
    """Answers the same scores for the same image: highest near the share of the image's first row's mean."""

    title = "the fake"
    failures = ()

    def __init__(self, count: int) -> None:
        self._classes = np.arange(count, dtype=np.float32)
        self._peak = 0.0
        self._scores = self._classes[np.newaxis]

    def put(self, image: NDArray[np.uint8]) -> None:
        """Look at the first row."""
        self._peak = float(image[0, 0].mean()) / 255 * (len(self._classes) - 1)

    def invoke(self) -> None:
        """Compute next to nothing."""
        self._scores = -np.abs(self._classes - self._peak, dtype=np.float32)[np.newaxis]

    def take(self) -> NDArray[np.float32]:
        """Return float32 (1, count)."""
        return self._scores


def open_session(artifact: Artifact, threads: int) -> FakeSession:
    """Open nothing; as many scores as the artifact's output has."""
    del threads
    return FakeSession(artifact.contract.output.shape[-1])
