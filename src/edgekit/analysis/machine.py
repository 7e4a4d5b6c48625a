"""What the machine itself does to a measurement, and which file of a bundle suits it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.analysis.findings import Finding, Level
from edgekit.spec.export import Format, Precision
from edgekit.spec.tuning import BUILT_IN, DEFAULT_TUNING, built_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from edgekit.store.result import Planned

    Kind = tuple[str, ...]


def machine_findings(environment: Mapping[str, object], *, threads: int) -> list[Finding]:
    """Look at the machine as it was when the measurement began."""
    found = []
    governor, load = environment.get("governor"), environment.get("load_1min")
    if governor not in (None, "performance"):
        message = f"CPU frequency scaling is on (governor {governor})"
        found.append(Finding("frequency-scaling", Level.INFO, message, "set the governor to performance"))
    if isinstance(load, int | float) and load > threads:
        message = f"other programs were running when it began: a load of {load:g} with {threads} in use"
        found.append(Finding("busy", Level.INFO, message, "close them, and measure again"))
    return found


def tuning_for(instructions: str) -> str:
    """Return the built-in tuning that suits a CPU best, of those that are not for one runtime."""
    there = frozenset(instructions.split())
    suited = [name for name in BUILT_IN if there.intersection(built_in(name).instructions) and not built_in(name).onnx.int8.only_for]
    return suited[-1] if suited else DEFAULT_TUNING


def best_suited(plan: Iterable[Planned], instructions: str) -> dict[Kind, Planned]:
    """Return the file of each bundle, precision, runtime and format that suits a CPU best."""
    there = frozenset(instructions.split())
    best: dict[Kind, Planned] = {}
    for planned in plan:
        other = best.setdefault(_kind(planned), planned)
        if _suits(planned, there) > _suits(other, there):
            best[_kind(planned)] = planned
    return best


def suits_better(planned: Planned, best: Mapping[Kind, Planned], instructions: str) -> Finding | None:
    """Name the file of the same kind, of those that are `best_suited`, that is made for this CPU where ``planned`` is not."""
    there = frozenset(instructions.split())
    better = best.get(_kind(planned), planned)
    if _suits(better, there) <= _suits(planned, there):
        return None
    return Finding("other-file", Level.INFO, f"{better.file} of this bundle suits this CPU better", f"take {better.file} on this machine")


def _suits(planned: Planned, instructions: frozenset[str]) -> int:
    """Return more, the closer a file is made for such a CPU and this runtime; 0: for none in particular; −1: for another CPU or runtime."""
    if planned.tuning not in BUILT_IN:
        return 0
    tuning = built_in(planned.tuning)
    if not tuning.instructions:
        return 0
    if not instructions.intersection(tuning.instructions):
        return -1
    runtime = tuning.onnx.int8.only_for
    if runtime is not None and planned.runtime.startswith(runtime):
        return len(BUILT_IN)
    int8_onnx = planned.precision == Precision.INT8 and planned.file.endswith(Format.ONNX.suffix)
    return -1 if runtime is not None and int8_onnx else BUILT_IN.index(tuning.name)


def _kind(planned: Planned) -> Kind:
    return (planned.source, planned.precision, planned.runtime, planned.file.rpartition(".")[2])
