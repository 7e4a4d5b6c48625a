"""What a bundle's card may say of latency: the usual figures of its files, out of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.card import CARD_FILE, write_card
from edgekit.errors import DataError
from edgekit.spec.protocol import BACK_TO_BACK
from edgekit.store.latency import LatencyRecord, merged, read_latency, write_latency

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edgekit.report.row import Row
    from edgekit.store.bundle import Bundle


def add_to_card(bundle: Bundle, rows: Sequence[Row]) -> Path:
    """Write what was measured of a bundle's files into it and its card, beside what stands there; return the card.

    Raises:
        DataError: none of its files was measured.

    """
    own = {entry.sha256 for entry in bundle.manifest.artifacts}
    found = [record for row in rows if row.sha256 in own and row.feed == BACK_TO_BACK for record in _records(row)]
    if not found:
        raise DataError(f"the results have no figure of a file of {bundle.folder}", hint=f"edgekit bench {bundle.folder}")
    write_latency(bundle.folder, merged(read_latency(bundle.folder), found))
    write_card(bundle.folder, bundle.manifest)
    return bundle.folder / CARD_FILE


def _records(row: Row) -> list[LatencyRecord]:
    if row.latency is None or row.latency.percentiles_ns[50] is None:
        return []
    return [
        LatencyRecord(
            machine=row.machine,
            file=row.file,
            sha256=row.sha256,
            runtime=row.runtime,
            version=row.version,
            threads=row.threads,
            samples=row.latency.samples,
            p50_ns=row.latency.percentiles_ns[50],
            p50_interval_ns=row.latency.p50_interval_ns,
            p90_ns=row.latency.percentiles_ns[90],
            started_at=row.started_at,
        )
    ]
