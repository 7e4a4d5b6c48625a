"""Names for what a network was not trained on, from a few photographs each: the nearest centroid of its features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import edgekit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray


class Namer:
    """Knows classes by the mean direction of their examples' features. Learning one is one mean: nothing is trained."""

    def __init__(self, model: Path) -> None:
        self._classifier = edgekit.load(model)
        self._centroids: dict[str, NDArray[np.float32]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The classes that it knows."""
        return tuple(self._centroids)

    def learn(self, name: str, photographs: Iterable[Path]) -> None:
        """Add a class, or replace it."""
        seen = [self._seen(photograph) for photograph in photographs]
        if not seen:
            raise ValueError(f"there is no photograph of {name}")
        self._centroids[name] = _direction(np.mean(seen, axis=0))

    def name(self, photograph: Path) -> tuple[str, float]:
        """Return the nearest class, and the cosine of the angle to it: near 1 is alike, and a low one may be none of them."""
        seen = self._seen(photograph)
        cosines = {name: float(centroid @ seen) for name, centroid in self._centroids.items()}
        best = max(cosines, key=cosines.__getitem__)
        return best, cosines[best]

    def _seen(self, photograph: Path) -> NDArray[np.float32]:
        return _direction(self._classifier.embed(photograph))


def _direction(features: NDArray[np.float32]) -> NDArray[np.float32]:
    return features / np.linalg.norm(features)
