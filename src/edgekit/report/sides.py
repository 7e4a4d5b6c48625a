"""What was measured beside the latency, never in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.analysis.preprocessing import preprocessing_share
from edgekit.analysis.roofline import Limit, limit
from edgekit.analysis.statistics import Latency, median
from edgekit.report.blocks import timed
from edgekit.spec.protocol import Purpose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.store.measurement import Block, Peaks, Planned
    from edgekit.store.operators import OperatorTime


@dataclass(frozen=True, slots=True)
class Sides:
    """What was measured beside the latency, never in it; ``None`` where it was not.

    Times are medians over the processes, in nanoseconds. ``process_ns`` is the process' own start, ``load_ns`` the opening
    of the file, ``warmup_ns`` all of the warm-up, ``invoke_ns`` the runtime's call without the copies. ``rss_bytes`` is the
    memory of a process before it opened the file, ``peak_rss_bytes`` at most. ``preprocessing`` is a share of the operators' time.
    """

    process_ns: float | None = None
    load_ns: float | None = None
    first_ns: float | None = None
    warmup_ns: float | None = None
    invoke_ns: float | None = None
    rss_bytes: int | None = None
    peak_rss_bytes: int | None = None
    preprocessing: float | None = None
    limit: Limit | None = None


def sides_of(blocks: Sequence[Block], figures: Latency | None, operators: Sequence[OperatorTime], reached: Limit | None) -> Sides:
    """Return what the blocks of one measurement tell beside its latency."""
    good = [block for block in timed(blocks) if not block.error]
    memory = next((block for block in blocks if block.purpose is Purpose.MEMORY and not block.error), None)
    return Sides(
        process_ns=_median([block.start_ns for block in good]),
        load_ns=_median([block.load_ns for block in good]),
        first_ns=_median([block.first_ns for block in good]),
        warmup_ns=_median([sum(block.warmup_ns) for block in good]),
        invoke_ns=_median([time_ns for block in good for time_ns in block.invoke_ns]),
        rss_bytes=memory.rss_bytes or None if memory else None,
        peak_rss_bytes=memory.peak_rss_bytes if memory else None,
        preprocessing=preprocessing_share(operators),
        limit=reached,
    )


def limit_of(block: Block, figures: Latency | None, planned: Planned | None, peaks: Peaks | None) -> Limit | None:
    """Return how near to the machine's limit a file came; only for one thread: the peaks are of one."""
    median = figures.percentiles_ns[50] if figures else None
    counted = planned.multiply_adds if planned else None
    if peaks is None or median is None or counted is None or block.threads > 1:
        return None
    return limit(multiply_adds=counted, weights_bytes=block.bytes, precision=block.precision, latency_ns=median, peaks=peaks)


def _median(values: Sequence[int]) -> float | None:
    return median(values) if values else None
