"""How a latency is measured: budgets, warm-up, processes."""

from __future__ import annotations

import msgspec


class Protocol(msgspec.Struct, frozen=True, kw_only=True):
    """One way to measure. Images and seconds are of an artifact in a runtime, over all its processes together.

    The most seconds win over the least images. Warm-up ends after at least ``warmup_images`` and ``warmup_s``.
    """

    name: str
    least_images: int
    least_s: float
    most_s: float
    processes: int
    warmup_images: int = 5
    warmup_s: float = 0.5
    threads: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.least_images, self.processes, self.threads) < 1 or not 0 < self.least_s <= self.most_s:
            raise ValueError(f"a protocol needs at least one image, process and thread. Received: {self!r}")


BUDGETS = {
    "smoke": Protocol(name="smoke", least_images=64, least_s=1, most_s=10, processes=1),
    "quick": Protocol(name="quick", least_images=160, least_s=5, most_s=60, processes=5),
    "full": Protocol(name="full", least_images=1024, least_s=60, most_s=600, processes=9),
}
