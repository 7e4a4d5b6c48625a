"""What a machine is called: the same in every report, whatever else is in it."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgekit.store.result import Result


def machine_name(result: Result) -> str:
    """Return the CPU with what lasts from one measurement to the next: ``AMD EPYC, 2 cores, avx2``."""
    known = result.header.environment
    cores = f"{known.cores} core{'' if known.cores == 1 else 's'}" if known.cores else None
    return ", ".join(part for part in (known.name, cores, known.instructions) if part)


def short_names(machines: Iterable[str]) -> dict[str, str]:
    """Return for each machine as much of its name as tells it from the others: ``AMD EPYC``, if no other is one."""
    plain = {machine: _without_trade_marks(machine) for machine in machines}
    often = Counter(plain.values())
    names = {machine: (text if often[text] == 1 else machine).split(", ") for machine, text in plain.items()}
    return {machine: _told_apart(parts, [other for key, other in names.items() if key != machine]) for machine, parts in names.items()}


def _told_apart(parts: list[str], others: list[list[str]]) -> str:
    enough = next((count for count in range(1, len(parts)) if parts[:count] not in [other[:count] for other in others]), len(parts))
    return ", ".join(parts[:enough])


def _without_trade_marks(machine: str) -> str:
    return re.sub(r"\((R|TM|r|tm)\)| (CPU|Processor)\b| @ [\d.]+ ?GHz", "", machine)
