"""How a row is named, and how and with what a result was measured, in words."""

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


def circumstances(result: Result) -> list[tuple[str, str]]:
    """Return what is known of the machine, and every runtime with its version: two of them, where two interpreters served it."""
    versions: dict[str, dict[str, None]] = {}
    for block in result.blocks:
        versions.setdefault(block.runtime, {})[block.version or "not installed"] = None
    known = [(key, str(value)) for key, value in result.header.environment.items() if value not in (None, "")]
    return [*known, *((runtime, ", ".join(versions[runtime])) for runtime in sorted(versions))]
