"""What the page's script works with: every row's cells, and what its plots draw."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from edgekit.analysis.pareto import front
from edgekit.analysis.statistics import percentile
from edgekit.report.cells import COLUMNS, cells, measured_shares
from edgekit.report.mistakes import Gallery, confusions, mistakes
from edgekit.report.operators import longest_kinds
from edgekit.report.row import accuracies, judged_on
from edgekit.report.wording import accuracy_title, name
from edgekit.spec.protocol import BACK_TO_BACK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.report.row import Row

_STRIP = (0, 1, 25, 50, 75, 99, 100)
# Beyond these the page would be slow to open: strips stand for samples then, and only the rows on the front have details.
_MOST_SAMPLES, MOST_DETAILED = 300_000, 300
_ALWAYS_SAMPLED = 30


def payload(rows: Sequence[Row]) -> dict[str, Any]:
    """Return plain values for JSON; what a row has beside its cells stands under its index."""
    best = _on_front(rows)
    numbered = dict(enumerate(rows))
    detailed = numbered if len(rows) <= MOST_DETAILED else {index: numbered[index] for index in best}
    whole = len(rows) <= _ALWAYS_SAMPLED or sum(len(block.timed_ns) for row in rows for block in row.good) <= _MOST_SAMPLES
    several = len({row.machine for row in rows}) > 1
    known = accuracies(rows)
    labels = list(dict.fromkeys(row.labels for row in rows))
    gallery = Gallery()
    return {
        "columns": [{"key": key, "number": number} for key, number in _columns(rows[0]).items()] if rows else [],
        "rows": [
            _row(index, row)
            | {"name": name(row, several=several), "accuracy": known[index], "front": index in best, "labels": labels.index(row.labels)}
            for index, row in numbered.items()
        ],
        "samples": {index: [block.timed_ns for block in row.good] for index, row in numbered.items()} if whole else {},
        "operators": {index: longest_kinds(row.operators) for index, row in detailed.items() if row.operators},
        "confusions": {index: confusions(row) for index, row in detailed.items()},
        "accuracy": accuracy_title(judged_on(rows)),
        "labels": labels,
        "mistakes": {index: mistakes(row, gallery) for index, row in detailed.items()},
        "images": gallery.images,
    }


def _on_front(rows: Sequence[Row]) -> frozenset[int]:
    """Return the rows that on their machine no other beats in latency and accuracy."""
    points: dict[str, dict[int, tuple[float, float]]] = {}
    for index, (row, accuracy) in enumerate(zip(rows, accuracies(rows), strict=True)):
        median = row.latency.percentiles_ns[50] if row.latency else None
        if median is not None and accuracy is not None and row.feed == BACK_TO_BACK:
            points.setdefault(row.machine, {})[index] = (median, -accuracy)
    return frozenset(list(known)[place] for known in points.values() for place in front(list(known.values())))


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
        "feed": row.feed.shown or "back to back",
        "machine": row.shown_machine,
    }


def _numbers(row: Row) -> dict[str, float | None]:
    figures, sides = row.latency, row.sides
    ranks = figures.percentiles_ns if figures else {}
    return {
        "p50": ranks.get(50),
        "95 % interval": figures.p50_interval_ns[0] if figures else None,
        "p90": ranks.get(90),
        "p95": ranks.get(95),
        "p99": ranks.get(99),
        "test top-1": row.tested.share if row.tested else None,
        "drop": row.tested.drop if row.tested else None,
        **dict(zip(("golden top-1", "golden agrees", "photos top-1", "photos agree"), measured_shares(row), strict=True)),
        "size": row.bytes,
        "load": sides.load_ns,
        "first": sides.first_ns,
        "peak memory": sides.peak_rss_bytes,
        "preprocessing": sides.preprocessing,
        "of the limit": sides.limit.share if sides.limit else None,
    }


def _row(index: int, row: Row) -> dict[str, Any]:
    """Return a row whose cells are in the order of the columns: a text, or a number's text with its value."""
    texts = dict(zip(COLUMNS, cells(row), strict=True))
    numbers = [(texts[key], value) for key, value in _numbers(row).items()]
    low, high = row.latency.p50_interval_ns if row.latency else (None, None)
    times = np.sort(np.concatenate([np.asarray(block.timed_ns, np.float64) for block in row.good])) if row.good else None
    return {
        "id": index,
        "cells": [*_words(row).values(), *numbers, texts["noticed"]],
        "lower": low,
        "upper": high,
        "strip": None if times is None else [percentile(times, rank) for rank in _STRIP],
        "where": _where(row),
    }


def _where(row: Row) -> tuple[float, float | None, float] | None:
    """Return the ns of the network, the preprocessing, and the copies with the call itself."""
    invoke, median = row.sides.invoke_ns, row.latency.percentiles_ns[50] if row.latency else None
    if invoke is None or median is None:
        return None
    share = row.sides.preprocessing
    call = min(invoke, median)  # measured apart from the latencies: either may be the longer by chance
    return call * (1 - (share or 0)), None if share is None else call * share, median - call
