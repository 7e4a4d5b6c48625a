"""What the machine itself does to a measurement, and which file of a bundle suits it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.analysis.findings import Finding, Level, too_busy
from edgekit.spec.format import format_named
from edgekit.spec.tuning import BUILT_IN, DEFAULT_TUNING, built_in, table_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from edgekit.spec.environment import Environment
    from edgekit.store.measurement import Planned

    Kind = tuple[str, ...]


def machine_findings(environment: Environment, *, threads: int, quiet: bool = False) -> list[Finding]:
    """Look at the machine as it was when the measurement began; ``quiet``: while it was measured, it was seen to do little else."""
    found = []
    governor, load = environment.governor, environment.load_1min
    if governor not in (None, "performance"):
        message = f"CPU frequency scaling is on (governor {governor})"
        found.append(Finding("frequency-scaling", Level.INFO, message, "set the governor to performance"))
    free = free_cores(environment, threads=threads)
    if load is not None:
        began = f"other programs were running when it began: a load of {load:g}"
        if free is not None and too_busy(load, free=free) and not quiet:
            message = f"{began}, and {free:g} of the cores {'is' if free == 1 else 'are'} free beside the measurement"
            found.append(Finding("busy", Level.UNSTABLE, message, "close them, and measure again"))
        elif load > threads:
            found.append(Finding("busy", Level.INFO, f"{began} with {threads} in use", "close them, and measure again"))
    return found


def free_cores(environment: Environment, *, threads: int) -> int | None:
    """Return how many cores a measurement leaves to others; ``None`` where it is not known how many there are."""
    return None if environment.usable is None else max(0, environment.usable - threads)


def tuning_for(instructions: str) -> str:
    """Return the built-in tuning that suits a CPU best, of those that are for every runtime."""
    there = frozenset(instructions.split())
    made_for = [name for name in BUILT_IN if not there.isdisjoint(built_in(name).instructions) and not built_in(name).only_for]
    return made_for[-1] if made_for else DEFAULT_TUNING


def best_suited(plan: Iterable[Planned], instructions: str) -> dict[Kind, Planned]:
    """Return the file of each bundle, precision, runtime and format that suits a CPU best."""
    best: dict[Kind, Planned] = {}
    for planned in plan:
        other = best.setdefault(_kind(planned), planned)
        if _suits(planned, instructions) > _suits(other, instructions):
            best[_kind(planned)] = planned
    return best


def suits_better(planned: Planned, best: Mapping[Kind, Planned], instructions: str) -> Finding | None:
    """Name the file of the same kind, of those that are `best_suited`, that suits this CPU better than ``planned``."""
    if planned.tuning not in BUILT_IN:  # a tuning of somebody's own, or a candidate for one: nothing is known of what it is for
        return None
    better = best.get(_kind(planned), planned)
    if better.sha256 == planned.sha256 or _suits(better, instructions) <= _suits(planned, instructions):
        return None
    return Finding("other-file", Level.INFO, f"{better.file} of this bundle suits this CPU better", f"take {better.file} on this machine")


def _suits(planned: Planned, instructions: str) -> int:
    """Return how well a file suits a CPU and the runtime that it is measured in.

    3: made for both; 2: rewritten as by the tuning for this CPU; 1: made for such a CPU; 0: for none; −1: for another CPU or runtime.
    """
    if planned.tuning not in BUILT_IN or not built_in(planned.tuning).instructions:
        return 0
    tuning = built_in(planned.tuning)
    if frozenset(instructions.split()).isdisjoint(tuning.instructions):
        return -1
    if tuning.only_for and planned.runtime.startswith(tuning.only_for):
        return 3
    kind = format_named(planned.file)
    if kind is None:
        return 0
    table = table_of(kind, planned.precision)
    if tuning.at(table).only_for:
        return -1
    return 2 if tuning.at(table) == built_in(tuning_for(instructions)).at(table) else 1


def _kind(planned: Planned) -> Kind:
    return (planned.source, planned.precision, planned.runtime, planned.file.rpartition(".")[2])
