"""``latency.json`` in a bundle: what was measured of its files so far, for its card. Each machine's newest figures count."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import msgspec

from edgekit.spec.bounds import Count, Extent, Name, Sha256, Text  # noqa: TC001 (msgspec reads the annotations)
from edgekit.store import record
from edgekit.store.atomic import write_whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LATENCY_SCHEMA = 1
LATENCY_FILE = "latency.json"
_Time = Annotated[float, msgspec.Meta(gt=0, le=2**53)]


class LatencyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The latency of the file with that ``sha256`` on a machine, in nanoseconds; ``p90_ns`` is ``None`` where samples were too few."""

    machine: Text
    file: Text
    sha256: Sha256
    runtime: Name
    version: Name
    threads: Extent
    samples: Count
    p50_ns: _Time
    p50_interval_ns: tuple[_Time, _Time]
    p90_ns: _Time | None
    started_at: Name

    @property
    def key(self) -> tuple[object, ...]:
        """What a newer measurement takes the place of."""
        return (self.machine, self.sha256, self.runtime, self.threads)


class LatencyTable(msgspec.Struct, frozen=True, kw_only=True):
    """All that was measured of a bundle's files."""

    schema: int
    rows: tuple[LatencyRecord, ...]


def read_latency(folder: Path) -> tuple[LatencyRecord, ...]:
    """Return what was measured so far of the bundle in ``folder``."""
    path = folder / LATENCY_FILE
    return record.read(path, LatencyTable, schema=LATENCY_SCHEMA).rows if os.path.lexists(path) else ()


def write_latency(folder: Path, rows: Sequence[LatencyRecord]) -> None:
    """Write what was measured, in place of what stood there."""
    write_whole(folder / LATENCY_FILE, record.encode(LatencyTable(schema=LATENCY_SCHEMA, rows=tuple(rows))))


def merged(known: Sequence[LatencyRecord], new: Sequence[LatencyRecord]) -> tuple[LatencyRecord, ...]:
    """Return all rows; of the same file in the same runtime on the same machine the newest."""
    newest = {row.key: row for row in sorted((*known, *new), key=lambda row: row.started_at)}
    return tuple(sorted(newest.values(), key=lambda row: (row.machine, row.threads, row.p50_ns)))
