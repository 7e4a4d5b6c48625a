"""One row as text, the same in every rendering."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgekit.analysis.accuracy import drop_interval
from edgekit.analysis.statistics import RANKS
from edgekit.report.compared import Images
from edgekit.text.units import milliseconds, percent, points_between, size

if TYPE_CHECKING:
    from edgekit.analysis.findings import Finding
    from edgekit.analysis.statistics import Latency
    from edgekit.report.row import Row

_MEDIAN = 50
_TWO_DIGITS = 20
COLUMNS = (
    "machine",
    "file",
    "runtime",
    "p50",
    "95 % interval",
    "p90",
    "p95",
    "p99",
    "test top-1",
    "drop",
    "golden top-1",
    "golden agrees",
    "photos top-1",
    "photos agree",
    "size",
    "load",
    "first",
    "peak memory",
    "preprocessing",
    "of the limit",
    "noticed",
)


def cells(row: Row) -> list[str]:
    """Return the texts of a row, in the order of `COLUMNS`."""
    figures, sides = row.latency, row.sides
    return [
        row.shown_machine,
        row.shown,
        row.shown_runtime,
        percentile(row, _MEDIAN),
        _interval(figures),
        *(percentile(row, rank) for rank in (90, 95, 99)),
        "n/a" if row.tested is None else percent(row.tested.share),
        drop(row),
        *(_share(share) for share in measured_shares(row)),
        size(row.bytes),
        "" if sides.load_ns is None else milliseconds(sides.load_ns),
        "" if sides.first_ns is None else milliseconds(sides.first_ns),
        "" if sides.peak_rss_bytes is None else size(sides.peak_rss_bytes),
        "" if sides.preprocessing is None else percent(sides.preprocessing),
        "" if sides.limit is None else f"{percent(sides.limit.share)} ({sides.limit.bound.value})",
        ", ".join(dict.fromkeys(finding.code for finding in (*row.findings, *row.unstable))),
    ]


def measured_shares(row: Row) -> tuple[float | None, float | None, float | None, float | None]:
    """Return accuracy and agreement on the golden images, and on photographs: one of the two pairs, as what it was measured with."""
    pair = row.accuracy, row.agreement
    return (*pair, None, None) if row.measured_on is Images.GOLDEN else (None, None, *pair)


def told(row: Row, rank: int) -> str:
    """Return a percentile with how sure it is: ``3.21 ms (3.19–3.25)``, ``p90 3.4 ms (at most 3.6 ms)``."""
    value, bound = (row.latency.percentiles_ns[rank], row.latency.bounds_ns[rank]) if row.latency else (None, None)
    if value is None or bound is None:
        return "failed"
    if rank == _MEDIAN:
        return f"{percentile(row, rank)} ({_interval(row.latency)})"
    return f"p{rank} {percentile(row, rank)} (at most {milliseconds(bound, bound / _TWO_DIGITS)})"


def drop(row: Row) -> str:
    """Return the drop from the trained model's accuracy in points, with its interval; empty where it is not known."""
    return "" if row.tested is None else points_between(row.tested.drop, drop_interval(row.tested))


def percentile(row: Row, rank: int) -> str:
    """Return a percentile with the digits that its interval justifies: of the median's both ends, of the others' the upper bound.

    The others have two digits at least, so that a p99 that is not well known is not less than the p95 before it.
    """
    value, bound = (row.latency.percentiles_ns[rank], row.latency.bounds_ns[rank]) if row.latency else (None, None)
    if row.latency is None or value is None:
        return "n/a"
    return milliseconds(value, _half(row.latency) if rank == _MEDIAN else min((bound or value) - value, value / _TWO_DIGITS))


def plain(row: Row) -> dict[str, Any]:
    """Return a row as plain values for JSON; times in nanoseconds, shares from 0 to 1."""
    figures, sides = row.latency, row.sides
    return {
        "source": row.source,
        "sha256": row.sha256,
        "file": row.file,
        "precision": row.precision,
        "runtime": row.runtime,
        "version": row.version,
        "threads": row.threads,
        "sizes": row.feed.sizes.value,
        "rate_hz": row.feed.rate_hz,
        "machine": row.machine,
        "bytes": row.bytes,
        "samples": figures.samples if figures else 0,
        "processes": figures.processes if figures else 0,
        **{f"p{rank}_ns": figures.percentiles_ns[rank] if figures else None for rank in RANKS},
        **{f"p{rank}_bound_ns": figures.bounds_ns[rank] if figures else None for rank in RANKS},
        "p50_interval_ns": list(figures.p50_interval_ns) if figures else None,
        "mean_ns": figures.mean_ns if figures else None,
        "deviation_ns": figures.deviation_ns if figures else None,
        "mad_ns": figures.mad_ns if figures else None,
        "process_ns": sides.process_ns,
        "load_ns": sides.load_ns,
        "first_ns": sides.first_ns,
        "warmup_ns": sides.warmup_ns,
        "invoke_ns": sides.invoke_ns,
        "rss_bytes": sides.rss_bytes,
        "peak_rss_bytes": sides.peak_rss_bytes,
        "preprocessing": sides.preprocessing,
        "share_of_limit": sides.limit.share if sides.limit else None,
        "bound_by": sides.limit.bound.value if sides.limit else None,
        "measured_on": row.measured_on.value,
        "images": row.images,
        "images_of": row.images_of,
        "accuracy": None if row.measured_on is Images.GOLDEN else row.accuracy,
        "golden_accuracy": row.accuracy if row.measured_on is Images.GOLDEN else None,
        "agreement": row.agreement,
        "test_images": row.tested.images if row.tested else None,
        "test_accuracy": row.tested.share if row.tested else None,
        "drop": row.tested.drop if row.tested else None,
        "drop_interval": list(drop_interval(row.tested)) if row.tested else None,
        "reallocations": row.reallocations,
        "late": row.late,
        "findings": [_finding(item) for item in (*row.findings, *row.machine_findings)],
        "errors": list(row.errors),
    }


def _share(value: float | None) -> str:
    return "" if value is None else percent(value)


def _finding(item: Finding) -> dict[str, str]:
    return {"code": item.code, "level": item.level.value, "message": item.message, "advice": item.advice}


def _interval(figures: Latency | None) -> str:
    """Return both ends with the digits of the median beside them."""
    if figures is None:
        return "failed"
    if figures.percentiles_ns[50] is None:
        return "n/a"
    low, high = (milliseconds(end, _half(figures)).removesuffix(" ms") for end in figures.p50_interval_ns)
    return f"{low}–{high}"


def _half(figures: Latency) -> float:
    low, high = figures.p50_interval_ns
    return (high - low) / 2
