"""What an op gives: its extents."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Shape = tuple[int, ...]
"""A value's extents without the batch: (height, width, channels), or (features,)."""


class KeepsShape:
    """An op that gives what it reads, in extents."""

    __slots__ = ()

    def output_shape(self, sources: Sequence[Shape]) -> Shape:
        """Return the shape of the first input."""
        return sources[0]
