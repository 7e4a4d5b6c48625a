"""One process of one contender: ``python -m peers.child FOLDER CONTENDER PROCESS`` answers with times and accuracy as JSON."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from edgekit.bench.loop import Plan, measure
from peers.contenders import CONTENDERS, Opened
from peers.host import IMAGES_FILE


def main() -> None:
    folder, name, process = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    with np.load(folder / IMAGES_FILE) as stored:
        labels, image_px = stored["labels"], int(stored["image_px"])
        images = [stored[f"image{index}"][np.newaxis] for index in range(len(labels))]
    session = Opened(CONTENDERS[name].open(folder, image_px))
    plan = Plan(least_images=32, least_s=1.0, most_s=12.0, warmup_images=5, warmup_s=0.5, seed=process)
    samples = measure(session, images, plan, time.perf_counter_ns)
    right = [int(session.run(image).argmax()) == label for image, label in zip(images, labels, strict=True)] if process == 0 else []
    sys.stdout.write("\n" + json.dumps({"timed_ns": samples.timed_ns, "accuracy": float(np.mean(right)) if right else None}))


if __name__ == "__main__":
    main()
