"""The timed loop. The clock is an argument; nothing but the session's call stands between two readings of it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from edgekit.runtimes.base import Session

_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """How long one process measures."""

    least_images: int
    least_s: float
    most_s: float
    warmup_images: int
    warmup_s: float
    seed: int


@dataclass(slots=True)
class Samples:
    """What one process measured; nanoseconds. ``visited`` is the image of each timed sample."""

    first_ns: int = 0
    warmup_ns: list[int] = field(default_factory=list)
    timed_ns: list[int] = field(default_factory=list)
    visited: list[int] = field(default_factory=list)
    scores: dict[int, NDArray[np.float32]] = field(default_factory=dict)


def measure(session: Session, images: Sequence[NDArray[np.uint8]], plan: Plan, clock_ns: Callable[[], int]) -> Samples:
    """Time images, uint8 (1, height, width, 3), one by one in a seeded order: whole rounds through all of them, reshuffled."""
    samples = Samples()
    order = _endless(len(images), plan.seed)
    begun = clock_ns()
    while len(samples.warmup_ns) < plan.warmup_images or clock_ns() - begun < plan.warmup_s * _SECOND_NS:
        image = images[next(order)]
        start = clock_ns()
        session.run(image)
        samples.warmup_ns.append(clock_ns() - start)
    samples.first_ns = samples.warmup_ns[0]
    order = _endless(len(images), plan.seed)
    begun = clock_ns()
    while True:
        index = next(order)
        image = images[index]
        start = clock_ns()
        answer = session.run(image)
        end = clock_ns()
        samples.timed_ns.append(end - start)
        samples.visited.append(index)
        if index not in samples.scores:
            samples.scores[index] = answer[0]
        passed_s = (end - begun) / _SECOND_NS
        if passed_s >= plan.most_s or (passed_s >= plan.least_s and len(samples.timed_ns) >= plan.least_images):
            return samples


def _endless(count: int, seed: int) -> _Rounds:
    return _Rounds(count, random.Random(seed))


class _Rounds:
    """Positions 0 to count − 1 in rounds, each round in a new order."""

    def __init__(self, count: int, rng: random.Random) -> None:
        self._positions = list(range(count))
        self._rng = rng
        self._next = count

    def __next__(self) -> int:
        if self._next == len(self._positions):
            self._rng.shuffle(self._positions)
            self._next = 0
        self._next += 1
        return self._positions[self._next - 1]
