"""Record the noise that `tests/analysis/test_false_alarms.py` replays: many processes of a few measurements, interleaved.

    python scripts/record_noise.py BUNDLE tests/analysis/noise-quiet.json litert

Writes for each measurement the samples of each process in the order in which they ran, in units of 100 ns, and how many cores other
programs kept busy meanwhile; prints how many of the rows that neighbouring processes make are unstable: on a quiet machine false alarms.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import msgspec

from edgekit.analysis.findings import findings, others_finding, unstable
from edgekit.benchmarking.bench import Order, bench
from edgekit.benchmarking.workloads import find_workloads
from edgekit.spec.progress import Silent
from edgekit.spec.protocol import BUDGETS
from edgekit.spec.runtime import runtime_named
from edgekit.store.atomic import write_whole

PROCESSES, SAMPLES = 40, 32
UNIT_NS = 100


def main() -> None:
    bundle, out, *runtimes = Path(sys.argv[1]), Path(sys.argv[2]), *map(runtime_named, sys.argv[3:])
    protocol = msgspec.structs.replace(BUDGETS["quick"], name="noise", processes=PROCESSES, least_images=PROCESSES * SAMPLES, least_s=1, most_s=600)
    order = Order(find_workloads([bundle], None), runtimes, protocol)
    with tempfile.TemporaryDirectory() as folder:
        result = bench(order, Path(folder) / "noise.jsonl", numbered=False, progress=Silent())
    recorded: dict[str, list[list[int]]] = {}
    others: dict[str, list[float | None]] = {}
    for block in result.blocks:
        if block.timed_ns:
            name = f"{block.file} in {block.runtime}"
            recorded.setdefault(name, []).append([round(time / UNIT_NS) for time in block.timed_ns[:SAMPLES]])
            others.setdefault(name, []).append(block.other_cores)
    cpu, usable = result.header.environment["cpu"], result.header.environment["usable"]
    told = {"cpu": cpu, "usable": usable, "unit_ns": UNIT_NS, "processes": recorded, "other_cores": others}
    write_whole(out, json.dumps(told).encode())
    for count in (1, 5, 9):
        starts = range(PROCESSES - count + 1)
        alarms = [row_is_unstable(recorded[name], others[name], start, count, usable - 1) for name in recorded for start in starts]
        print(f"rows of {count}: {sum(alarms)} of {len(alarms)} unstable")


def row_is_unstable(recorded: list[list[int]], others: list[float | None], start: int, count: int, free: int) -> bool:
    """Whether a row of so many processes, from ``start`` on, would not be relied on."""
    found = findings(recorded[start : start + count], [], least_images=1, planned=count, failed=0)
    cores = [value for value in others[start : start + count] if value is not None]
    return bool(unstable(found)) or others_finding(cores, free=free) is not None


if __name__ == "__main__":
    main()
