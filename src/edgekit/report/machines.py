"""What a machine is called: the same in every report, whatever else is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgekit.store.result import Result


def machine_name(result: Result) -> str:
    """Return the CPU with what lasts from one measurement to the next: ``AMD EPYC, 2 cores, avx2``."""
    known = result.header.environment
    cores = known.get("cores")
    return ", ".join(
        [
            str(known.get("cpu") or known.get("architecture") or "an unknown machine"),
            *([f"{cores} core{'' if cores == 1 else 's'}"] if cores else []),
            *([str(known["instructions"])] if known.get("instructions") else []),
        ]
    )
