"""Does `compare` tell what is there? Ten pairs of equals, and ten in which one side takes 3 % longer, on a real runtime.

    python benchmarks/pairs.py exported/mobilenet mobilenet-float32.tflite

Each pair is five rounds of two fresh processes in a shuffled order; the slower side waits for 3 % of each call's own time behind it.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from edgekit.analysis.comparison import compare
from edgekit.benchmarking.loop import Plan, measure
from edgekit.datasets.decode import decode
from edgekit.datasets.resize import resize_to_uint8
from edgekit.runtimes.base import Session, open_session, preferred_for
from edgekit.store.bundle import open_artifact, open_bundle

PAIRS, PROCESSES = 10, 5
PLAN = Plan(least_images=32, least_s=1.0, most_s=12.0, warmup_images=5, warmup_s=0.5, seed=0)


class Slowed(Session):
    """Another session, that takes a share longer."""

    title, failures = "a slowed session", ()

    def __init__(self, session: Session, share: float) -> None:
        self._session, self._share = session, share

    def put(self, image):
        self._session.put(image)

    def take(self):
        return self._session.take()

    def invoke(self) -> None:
        begun = time.perf_counter_ns()
        self._session.invoke()
        end = time.perf_counter_ns()
        until = end + (end - begun) * self._share
        while time.perf_counter_ns() < until:
            pass


def main() -> None:
    rng = random.Random(0)
    for share in (0.0, 0.03):
        told = Counter()
        for index in range(PAIRS):
            sides: dict[float, list[list[int]]] = {0.0: [], 1.0: []}
            for _ in range(PROCESSES):
                for side in rng.sample((0.0, 1.0), 2):
                    command = [sys.executable, __file__, *sys.argv[1:3], str(side * share)]
                    sides[side].append(json.loads(subprocess.run(command, capture_output=True, check=True).stdout))
            found = compare(sides[0.0], sides[1.0], seed=index, interleaved=True)
            told[found.verdict.value] += 1
            print(
                f"{share:.0%} slower, pair {index}: {found.ratio:.3f} ({found.interval[0]:.3f}-{found.interval[1]:.3f}) {found.verdict}", flush=True
            )
        print(f"{share:.0%} slower: {dict(told)}", flush=True)


def one_process(folder: Path, file: str, share: float) -> list[int]:
    bundle, artifact = open_bundle(folder), open_artifact(folder / file)
    size = artifact.contract.preprocessing.image_px
    golden = [bundle.golden_path(image) for image in bundle.golden.plain]
    images = [resize_to_uint8(decode(path), size, size)[None] for path in golden]
    return measure(Slowed(open_session(artifact, preferred_for(artifact.contract.format)), share), images, PLAN, time.perf_counter_ns).timed_ns


if __name__ == "__main__":
    if len(sys.argv) > 3:
        sys.stdout.write(json.dumps(one_process(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]))))
    else:
        main()
