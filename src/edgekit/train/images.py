"""Decoded images for the training pipeline, kept in memory as far as a limit allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from edgekit.datasets.dataset import Example

CACHE_BYTES = 2 * 1024**3


class DecodedImages:
    """Decodes examples by index; the first ones to be asked for, up to ``most_bytes``, are decoded once only."""

    def __init__(self, examples: Sequence[Example], *, most_bytes: int) -> None:
        self._examples = examples
        self._kept: dict[int, NDArray[np.uint8]] = {}
        self._room_bytes = most_bytes

    def __call__(self, index: np.int64) -> NDArray[np.uint8]:
        """Return uint8 (height, width, 3), RGB; called from several threads at once."""
        position = int(index)
        kept = self._kept.get(position)
        if kept is not None:
            return kept
        pixels = self._examples[position].picture.pixels()
        # Two threads may pass this test together: the limit is a target, not a promise to the byte.
        if pixels.nbytes <= self._room_bytes:
            self._room_bytes -= pixels.nbytes
            self._kept[position] = pixels
        return pixels
