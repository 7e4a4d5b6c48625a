"""How near a latency is to what the machine can do: the roofline of Williams, Waterman and Patterson (2009), for one thread."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from edgekit.spec.format import multiplies_integers

if TYPE_CHECKING:
    from edgekit.spec.format import Precision
    from edgekit.store.measurement import Peaks


class Bound(StrEnum):
    """What a network would wait for on a machine that does nothing else."""

    COMPUTE = "compute"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class Limit:
    """``share`` is the multiply-adds a second over the machine's peak. They are the trained network's: a rewrite that needs fewer may exceed 1."""

    share: float
    bound: Bound


def limit(*, multiply_adds: int, weights_bytes: int, precision: Precision, latency_ns: float, peaks: Peaks) -> Limit | None:
    """Return the share of the machine's limit; ``None`` where the peak for this precision is not known.

    At batch 1 every weight is read for every image, so the file's size is the least that must be moved; compute bounds
    where the products take longer at the peak than that.
    """
    peak = peaks.int8 if multiplies_integers(precision) else peaks.float32
    if peak is None:
        return None
    compute_s, memory_s = multiply_adds / peak, weights_bytes / peaks.bandwidth
    return Limit(multiply_adds / (latency_ns / 1e9) / peak, Bound.COMPUTE if compute_s >= memory_s else Bound.MEMORY)
