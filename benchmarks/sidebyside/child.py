"""One process of one contender: ``python -m sidebyside.child MODULE FOLDER CONTENDER PROCESS`` answers with times and accuracy as JSON."""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module
from pathlib import Path

import numpy as np

from edgekit.benchmarking.loop import Plan, measure
from sidebyside.contender import Opened, stored_images


def main() -> None:
    module, folder, name, process = sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    stored = stored_images(folder)
    images, labels = stored.images, stored.labels
    session = Opened(import_module(module).CONTENDERS[name].open(folder, stored.image_px))
    plan = Plan(least_images=32, least_s=1.0, most_s=12.0, warmup_images=5, warmup_s=0.5, seed=process)
    samples = measure(session, images, plan, time.perf_counter_ns)
    right = [int(session.run(image).argmax()) == label for image, label in zip(images, labels, strict=True)] if process == 0 else []
    sys.stdout.write("\n" + json.dumps({"timed_ns": samples.timed_ns, "accuracy": float(np.mean(right)) if right else None}))


if __name__ == "__main__":
    main()
