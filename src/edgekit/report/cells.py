"""One row as text, the same in every rendering."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgekit.spec.units import milliseconds, percent, size

if TYPE_CHECKING:
    from edgekit.analysis.statistics import Latency
    from edgekit.report.rows import Row

COLUMNS = ("file", "runtime", "p50", "95 % interval", "p90", "p99", "top-1", "agrees", "size", "noticed")


def cells(row: Row) -> list[str]:
    """Return the texts of a row, in the order of `COLUMNS`."""
    figures = row.latency
    ranks = {rank: _or_na(figures.percentiles_ns[rank] if figures else None) for rank in (50, 90, 99)}
    return [
        row.shown,
        row.runtime + (f" ({row.threads} threads)" if row.threads > 1 else ""),
        ranks[50],
        _interval(figures),
        ranks[90],
        ranks[99],
        "" if row.accuracy is None else percent(row.accuracy),
        "" if row.agreement is None else percent(row.agreement),
        size(row.bytes),
        ", ".join(finding.code for finding in row.findings),
    ]


def plain(row: Row) -> dict[str, Any]:
    """Return a row as plain values for JSON; times in nanoseconds, shares from 0 to 1."""
    figures = row.latency
    return {
        "source": row.source,
        "file": row.file,
        "precision": row.precision,
        "runtime": row.runtime,
        "version": row.version,
        "threads": row.threads,
        "machine": row.machine,
        "bytes": row.bytes,
        "samples": figures.samples if figures else 0,
        "processes": figures.processes if figures else 0,
        **{f"p{rank}_ns": value for rank, value in (figures.percentiles_ns if figures else {}).items()},
        "p50_interval_ns": list(figures.p50_interval_ns) if figures else None,
        "mean_ns": figures.mean_ns if figures else None,
        "deviation_ns": figures.deviation_ns if figures else None,
        "mad_ns": figures.mad_ns if figures else None,
        "load_ns": row.load_ns,
        "first_ns": row.first_ns,
        "images": row.images,
        "accuracy": row.accuracy,
        "agreement": row.agreement,
        "findings": [{"code": item.code, "level": item.level.value, "message": item.message, "advice": item.advice} for item in row.findings],
        "errors": list(row.errors),
    }


def _interval(figures: Latency | None) -> str:
    """Return both ends with the digits of the median beside them."""
    if figures is None:
        return "failed"
    if figures.percentiles_ns[50] is None:
        return "n/a"
    low, high = (milliseconds(end).removesuffix(" ms") for end in figures.p50_interval_ns)
    return f"{low}–{high}"


def _or_na(value: float | None) -> str:
    return "n/a" if value is None else milliseconds(value)
