"""Which of several things are not beaten by another in everything that counts?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def front(points: Sequence[tuple[float, ...]]) -> tuple[int, ...]:
    """Return the indices of the points on the Pareto front, in their order. Of each coordinate less is better.

    A point is off the front when another is no worse in any coordinate, and better in one; of equal points all are on it.
    """
    kept: list[int] = []
    # What beats a point stands before it in this order, and so does one on the front that beats both.
    for index in sorted(range(len(points)), key=points.__getitem__):
        if not any(_beats(points[other], points[index]) for other in kept):
            kept.append(index)
    return tuple(sorted(kept))


def _beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one != other and all(mine <= theirs for mine, theirs in zip(one, other, strict=True))
