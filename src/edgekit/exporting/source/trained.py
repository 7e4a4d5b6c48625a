"""The trained model's own path from raw pictures to scores: what exports are held against."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from edgekit.networks.preprocessing import resize_layer
from edgekit.spec.task import CLASSES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import keras
    from numpy.typing import NDArray

    from edgekit.models.front import Front
    from edgekit.spec.task import Decision

_BATCH = 32


class Reference:
    """What the trained model answers to raw pictures, by training's own path: resize (or its own ``front``), then the network.

    ``decision`` is how its scores become an answer.
    """

    def __init__(self, network: keras.Model, decision: Decision = CLASSES, front: Front | None = None) -> None:
        self.decision = decision
        self._network = network
        self._resize = resize_layer(network.input.shape[1]) if front is None else _one_by_one(front.model)

    def scores(self, pictures: Iterable[NDArray[np.uint8] | NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return float32 (images, scores) for (height, width, 3) pictures."""
        resized = (np.asarray(self._resize(pixels.astype(np.float32))) for pixels in pictures)
        answers = []
        while batch := list(islice(resized, _BATCH)):
            answers.append(self._network.predict_on_batch(np.stack(batch)))
        return np.concatenate(answers)


def _one_by_one(front: keras.Model) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """Return a function of one picture (height, width, 3), which has no batch."""
    return lambda pixels: np.asarray(front(pixels[np.newaxis], training=False))[0]
