"""The timed loop. Clock and sleep are arguments; nothing but the session's call stands between two readings of the clock."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from edgekit.runtimes.base import Session

_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """How long one process measures; ``rate_hz`` images begin each second, or ``None``: back to back."""

    least_images: int
    least_s: float
    most_s: float
    warmup_images: int
    warmup_s: float
    seed: int
    rate_hz: float | None = None


@dataclass(slots=True)
class Samples:
    """What one process measured; nanoseconds. ``visited`` is the image of each timed sample."""

    warmup_ns: list[int] = field(default_factory=list)
    timed_ns: list[int] = field(default_factory=list)
    visited: list[int] = field(default_factory=list)
    late: int = 0
    scores: dict[int, NDArray[np.float32]] = field(default_factory=dict)

    @property
    def first_ns(self) -> int:
        """The first inference of the process."""
        return self.warmup_ns[0]


def measure(
    session: Session,
    images: Sequence[NDArray[np.uint8]],
    plan: Plan,
    clock_ns: Callable[[], int],
    sleep_s: Callable[[float], None] = time.sleep,
) -> Samples:
    """Time images, uint8 (1, height, width, 3), one by one in a seeded order: whole rounds through all of them, reshuffled."""
    samples = Samples()
    order = _Rounds(len(images), random.Random(plan.seed))
    begun = clock_ns()
    while len(samples.warmup_ns) < plan.warmup_images or clock_ns() - begun < plan.warmup_s * _SECOND_NS:
        image = images[next(order)]
        start = clock_ns()
        session.run(image)
        samples.warmup_ns.append(clock_ns() - start)
    order = _Rounds(len(images), random.Random(plan.seed))
    begun = clock_ns()
    pace = _Pace(plan.rate_hz, begun, clock_ns, sleep_s) if plan.rate_hz else None
    while True:
        index = next(order)
        image = images[index]
        if pace:
            samples.late += not pace.wait()
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


def answer_rest(
    session: Session,
    images: Sequence[NDArray[np.uint8]],
    samples: Samples,
    indices: Iterable[int],
    most_s: float,
    clock_ns: Callable[[], int],
) -> None:
    """Answer those of ``indices`` that were not timed, in their order and untimed, until all are or ``most_s`` have passed."""
    begun = clock_ns()
    for index in indices:
        if (clock_ns() - begun) / _SECOND_NS >= most_s:
            return
        if index not in samples.scores:
            samples.scores[index] = session.run(images[index])[0]


def measure_invoke(session: Session, images: Sequence[NDArray[np.uint8]], clock_ns: Callable[[], int]) -> list[int]:
    """Time the call alone, once for each image, without the copies around it."""
    timed_ns = []
    for image in images:
        session.put(image)
        start = clock_ns()
        session.invoke()
        timed_ns.append(clock_ns() - start)
        session.take()
    return timed_ns


class _Pace:
    """The times at which images are due at a given rate."""

    def __init__(self, rate_hz: float, begun_ns: int, clock_ns: Callable[[], int], sleep_s: Callable[[float], None]) -> None:
        self._period_ns = round(_SECOND_NS / rate_hz)
        self._due_ns = begun_ns
        self._clock_ns = clock_ns
        self._sleep_s = sleep_s

    def wait(self) -> bool:
        """Sleep until the next image is due; return whether that was still to come. After a late image the pace begins anew."""
        self._due_ns += self._period_ns
        left_ns = self._due_ns - self._clock_ns()
        if left_ns < 0:
            self._due_ns -= left_ns
            return False
        self._sleep_s(left_ns / _SECOND_NS)
        return True


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
