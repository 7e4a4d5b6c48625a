"""What each result's machine is called: by its CPU, and where several have the same by what tells them apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.store.result import Result

# What a machine keeps from one measurement to the next.
_LASTING = ("architecture", "instructions", "cores", "usable", "memory_mb", "os")


def machine_names(results: Sequence[Result]) -> list[str]:
    """Return a name for each result; two have the same name when nothing lasting tells their machines apart."""
    cpus = [str(result.header.environment.get("cpu") or "unknown") for result in results]
    lasting = [tuple(_known(result, key) for key in _LASTING) for result in results]
    names = []
    for cpu, own in zip(cpus, lasting, strict=True):
        others = {facts for other, facts in zip(cpus, lasting, strict=True) if other == cpu}
        apart = [f"{key} {own[index]}" for index, key in enumerate(_LASTING) if len({facts[index] for facts in others}) > 1]
        names.append(f"{cpu} ({', '.join(apart)})" if apart else cpu)
    return names


def _known(result: Result, key: str) -> str:
    value = result.header.environment.get(key)
    return "unknown" if value in (None, "") else str(value)
