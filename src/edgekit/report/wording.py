"""How a row is named, and how a result was measured, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgekit.report.rows import Row
    from edgekit.store.result import Result


def name(row: Row, *, several: bool) -> str:
    """Return what tells a row from the others; ``several``: there are several machines."""
    return f"{row.shown} in {row.shown_runtime}{f' on {row.shown_machine}' if several else ''}"


def protocol_in_words(result: Result) -> str:
    """Return two sentences."""
    protocol = result.header.protocol
    return (
        f"Budget {protocol.name}: at least {protocol.least_images} images and {protocol.least_s:g} s in "
        f"{protocol.processes} fresh process{'es' * (protocol.processes > 1)}, "
        f"shuffled with seed {protocol.seed}; started at {result.header.started_at}. Raw image in memory to scores, preprocessing inside."
    )
