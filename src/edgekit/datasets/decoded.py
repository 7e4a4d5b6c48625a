"""Pictures decoded when they are asked for, and kept in memory as far as a limit allows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgekit.datasets.dataset import Example

CACHE_BYTES = 2 * 1024**3


class DecodedImages(Sequence["NDArray[np.uint8]"]):
    """uint8 (height, width, 3), RGB, of each example; the first ones to be asked for, up to ``most_bytes``, are decoded once only."""

    def __init__(self, examples: Sequence[Example], *, most_bytes: int = CACHE_BYTES) -> None:
        self._examples = examples
        self._kept: dict[int, NDArray[np.uint8]] = {}
        self._room_bytes = most_bytes

    def __len__(self) -> int:
        return len(self._examples)

    @overload
    def __getitem__(self, index: int) -> NDArray[np.uint8]: ...

    @overload
    def __getitem__(self, index: slice) -> list[NDArray[np.uint8]]: ...

    def __getitem__(self, index: int | slice) -> NDArray[np.uint8] | list[NDArray[np.uint8]]:
        """Return one picture, or the list of a slice's; called from several threads at once."""
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
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
