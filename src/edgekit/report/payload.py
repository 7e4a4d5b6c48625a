"""What the page's script works with: every row's cells, and what its plots draw."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from edgekit.analysis.pareto import front
from edgekit.report.cells import COLUMNS, cells
from edgekit.report.mistakes import Gallery, confusions, mistakes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.report.rows import Row
    from edgekit.store.result import Result

_QUANTILES = (0, 0.01, 0.25, 0.5, 0.75, 0.99, 1)
# Beyond these the page would be slow to open: strips stand for samples then, and only the rows on the front have details.
_MOST_SAMPLES, _MOST_DETAILED = 300_000, 300
_MOST_KINDS = 12


def payload(results: Sequence[Result], rows: Sequence[Row]) -> dict[str, Any]:
    """Return plain values for JSON; what a row has beside its cells stands under its index."""
    best = _on_front(rows)
    numbered = dict(enumerate(rows))
    detailed = numbered if len(rows) <= _MOST_DETAILED else {index: numbered[index] for index in best}
    whole = sum(len(block.timed_ns) for row in rows for block in row.good) <= _MOST_SAMPLES
    gallery = Gallery()
    return {
        "columns": [{"key": key, "number": number} for key, number in _columns(rows[0]).items()] if rows else [],
        "rows": [_row(index, row, on_front=index in best) for index, row in numbered.items()],
        "machines": len({row.machine for row in rows}),
        "samples": {index: [block.timed_ns for block in row.good] for index, row in numbered.items()} if whole else {},
        "operators": {index: _kinds(row) for index, row in detailed.items() if row.operators},
        "confusions": {index: confusions(row) for index, row in detailed.items()},
        "labels": {source: labels for result in results for source, labels in result.header.labels.items()},
        "mistakes": {index: mistakes(row, gallery) for index, row in detailed.items()},
        "images": gallery.images,
    }


def _on_front(rows: Sequence[Row]) -> frozenset[int]:
    """Return the rows that on their machine no other beats in latency and accuracy."""
    found: set[int] = set()
    for machine in dict.fromkeys(row.machine for row in rows):
        points = {
            index: (row.latency.p50_interval_ns[0], -row.best_accuracy)
            for index, row in enumerate(rows)
            if row.machine == machine and row.latency and row.best_accuracy is not None
        }
        known = list(points)
        found.update(known[place] for place in front(list(points.values())))
    return frozenset(found)


def _columns(row: Row) -> dict[str, bool]:
    """Return the columns in their order, and of each whether it holds numbers."""
    return {**dict.fromkeys(_words(row), False), **dict.fromkeys(_numbers(row), True), "noticed": False}


def _words(row: Row) -> dict[str, str]:
    return {
        "network": row.network,
        "file": row.shown,
        "format": PurePath(row.file).suffix.removeprefix("."),
        "precision": row.precision,
        "runtime": row.runtime,
        "threads": str(row.threads),
        "feed": row.feed.shown,
        "machine": row.machine,
    }


def _numbers(row: Row) -> dict[str, float | None]:
    figures, sides = row.latency, row.sides
    ranks = figures.percentiles_ns if figures else {}
    return {
        "p50": ranks.get(50),
        "95 % interval": figures.p50_interval_ns[1] - figures.p50_interval_ns[0] if figures else None,
        "p90": ranks.get(90),
        "p95": ranks.get(95),
        "p99": ranks.get(99),
        "top-1": row.accuracy,
        "agrees": row.agreement,
        "drop": row.tested.drop if row.tested else None,
        "size": row.bytes,
        "load": sides.load_ns,
        "first": sides.first_ns,
        "peak memory": sides.peak_rss_bytes,
        "preprocessing": sides.preprocessing,
        "of the limit": sides.limit.share if sides.limit else None,
    }


def _row(index: int, row: Row, *, on_front: bool) -> dict[str, Any]:
    texts = dict(zip(COLUMNS, cells(row), strict=True))
    words = {key: {"text": text, "value": text} for key, text in (*_words(row).items(), ("noticed", texts["noticed"]))}
    numbers = {key: {"text": texts[key], "value": value} for key, value in _numbers(row).items()}
    low, high = row.latency.p50_interval_ns if row.latency else (None, None)
    times = np.concatenate([np.asarray(block.timed_ns) for block in row.good]) if row.good else None
    return {
        **words,
        **numbers,
        "id": index,
        "source": row.source,
        "searched": " ".join(entry["text"] for entry in words.values()).lower(),
        "accuracy": row.best_accuracy,
        "lower": low,
        "upper": high,
        "front": on_front,
        "strip": None if times is None else np.quantile(times, _QUANTILES).tolist(),
        "where": _where(row),
    }


def _where(row: Row) -> tuple[float, float | None, float] | None:
    """Return the ns of the network, the preprocessing, and the copies with the call itself."""
    invoke, median = row.sides.invoke_ns, row.latency.percentiles_ns[50] if row.latency else None
    if invoke is None or median is None:
        return None
    share = row.sides.preprocessing
    return invoke * (1 - (share or 0)), None if share is None else invoke * share, max(0.0, median - invoke)


def _kinds(row: Row) -> list[tuple[str, int]]:
    """Return the kinds of operators that take longest, each with its time for one image in ns; the rest as one."""
    times: dict[str, int] = {}
    for operator in row.operators:
        times[operator.type] = times.get(operator.type, 0) + operator.time_ns
    order = sorted(times.items(), key=lambda entry: -entry[1])
    rest = sum(time for _, time in order[_MOST_KINDS:])
    return order[:_MOST_KINDS] + ([("all others", rest)] if rest else [])
