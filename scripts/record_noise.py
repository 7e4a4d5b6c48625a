"""Record the noise that `tests/analysis/test_false_alarms.py` replays: many processes of a few measurements, interleaved.

    python scripts/record_noise.py BUNDLE tests/analysis/noise-quiet.json litert

Writes for each measurement the samples of each process in the order in which they ran, in units of 100 ns.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import msgspec

from edgekit.bench.bench import Order, bench
from edgekit.bench.targets import find_targets
from edgekit.spec.progress import Silent
from edgekit.spec.protocol import BUDGETS
from edgekit.spec.runtime import runtime_named
from edgekit.store.atomic import write_whole

PROCESSES, SAMPLES = 40, 32
UNIT_NS = 100


def main() -> None:
    bundle, out, *runtimes = Path(sys.argv[1]), Path(sys.argv[2]), *map(runtime_named, sys.argv[3:])
    protocol = msgspec.structs.replace(BUDGETS["quick"], name="noise", processes=PROCESSES, least_images=PROCESSES * SAMPLES, least_s=1, most_s=600)
    order = Order(find_targets([bundle], None), runtimes, protocol)
    with tempfile.TemporaryDirectory() as folder:
        result = bench(order, Path(folder) / "noise.jsonl", numbered=False, progress=Silent())
    recorded: dict[str, list[list[int]]] = {}
    for block in result.blocks:
        if block.timed_ns:
            recorded.setdefault(f"{block.file} in {block.runtime}", []).append([round(time / UNIT_NS) for time in block.timed_ns[:SAMPLES]])
    write_whole(out, json.dumps({"cpu": result.header.environment["cpu"], "unit_ns": UNIT_NS, "processes": recorded}).encode())


if __name__ == "__main__":
    main()
