"""What counts on a test set can carry: intervals of a share, and of the difference between two answers to the same images."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgekit.spec.accuracy import PairedCounts

# The normal distribution's 97.5 % quantile: 95 % intervals.
_Z = 1.959964


def share_interval(hits: int, images: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927); without images it is 0 to 1."""
    if not images:
        return 0.0, 1.0
    share, slack = hits / images, _Z**2 / images
    middle = (share + slack / 2) / (1 + slack)
    half = _Z * sqrt(share * (1 - share) / images + slack / (4 * images)) / (1 + slack)
    return max(0.0, middle - half), min(1.0, middle + half)


def drop_interval(tested: PairedCounts) -> tuple[float, float]:
    """Return the 95 % interval of a drop from the trained model's accuracy, a paired difference (Bonett and Price 2012)."""
    down, up = (tested.lost + 1) / (tested.images + 2), (tested.won + 1) / (tested.images + 2)
    half = _Z * sqrt((down + up - (down - up) ** 2) / (tested.images + 2))
    return max(-1.0, down - up - half), min(1.0, down - up + half)
