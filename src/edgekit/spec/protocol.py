"""How a latency is measured: budgets, warm-up, processes, and how images reach a session."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from edgekit.spec.bounds import Extent, Name, Seed  # noqa: TC001 (msgspec reads the annotations)

# A day.
_Seconds = Annotated[float, msgspec.Meta(ge=0, le=86_400)]


class Sizes(StrEnum):
    """Of which sizes images are: brought to the one that the file declares before timing, or each its own."""

    DECLARED = "declared"
    MIXED = "mixed"


class Purpose(StrEnum):
    """What a process is for. Memory and the time of operators are never taken from a process that is timed."""

    TIMING = "timing"
    MEMORY = "memory"
    OPERATORS = "operators"


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """How images reach a session; ``rate_hz`` images begin each second, as an app's camera has them (``None``: back to back)."""

    sizes: Sizes = Sizes.DECLARED
    rate_hz: float | None = None

    def __post_init__(self) -> None:
        if self.rate_hz is not None and not 0 < self.rate_hz <= 10_000:
            raise ValueError(f"a rate is above 0 and at most 10,000 images a second. Received: {self.rate_hz}")

    @property
    def shown(self) -> str:
        """What tells it apart from the usual feed: ``mixed sizes``, ``5 Hz``; empty for that one."""
        return ", ".join([*(["mixed sizes"] if self.sizes is Sizes.MIXED else []), *([f"{self.rate_hz:g} Hz"] if self.rate_hz is not None else [])])


BACK_TO_BACK = Feed()
"""The usual feed, and the one to compare with other tools."""


class Protocol(msgspec.Struct, frozen=True, kw_only=True):
    """One way to measure. Images and seconds are of an artifact in a runtime, over all its processes together.

    The most seconds win over the least images. Warm-up ends after at least ``warmup_images`` and ``warmup_s``.
    Everything is measured once with each of ``feeds``.
    """

    name: Name
    least_images: Annotated[int, msgspec.Meta(ge=1, le=10**9)]
    least_s: _Seconds
    most_s: _Seconds
    processes: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    warmup_images: Annotated[int, msgspec.Meta(ge=1, le=10**6)] = 5
    warmup_s: _Seconds = 0.5
    threads: Extent = 1
    seed: Seed = 0
    feeds: Annotated[tuple[Feed, ...], msgspec.Meta(min_length=1, max_length=64)] = (BACK_TO_BACK,)

    def __post_init__(self) -> None:
        if min(self.least_images, self.processes, self.threads) < 1 or not 0 < self.least_s <= self.most_s or not self.feeds:
            raise ValueError(f"a protocol needs at least one image, process, thread and feed. Received: {self!r}")


BUDGETS = {
    "smoke": Protocol(name="smoke", least_images=64, least_s=1, most_s=10, processes=1),
    "quick": Protocol(name="quick", least_images=160, least_s=5, most_s=60, processes=5),
    "full": Protocol(name="full", least_images=1024, least_s=60, most_s=600, processes=9),
}
