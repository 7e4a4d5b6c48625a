"""The golden check: what `edgekit.load` answers to every golden image of a bundle, against the scores that were recorded."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

import edgekit


def main(bundle: Path) -> int:
    """Check each file of the bundle in the runtime that serves it; return the exit status."""
    golden = json.loads((bundle / "golden.json").read_text("utf-8"))
    passed = [check(bundle, file, own, [image["file"] for image in golden["images"]]) for file, own in golden["own"].items()]
    if not passed:
        raise ValueError("it has no files")
    return 0 if all(passed) else 1


def check(bundle: Path, file: str, own: dict, images: list[str]) -> bool:
    """Check one file, and print a line."""
    classifier = edgekit.load(bundle / file)
    answer = classifier.embed if classifier.head == "features" else lambda image: classifier.predict(image).scores
    distances = [np.abs(answer(bundle / image) - scores).max() for image, scores in zip(images, own["scores"], strict=True)]
    worst = int(np.argmax(np.subtract(distances, own["tolerances"])))
    tolerance = own["tolerances"][worst]
    right = distances[worst] <= tolerance
    verdict = "ok" if right else f"FAILED, worst at {images[worst]}"
    served = f"{classifier.runtime} {classifier.runtime_version}"
    print(f"{file}  {served}  {len(images)} images  difference {distances[worst]:.2g}, tolerance {tolerance:.2g}  {verdict}")
    return bool(right)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: check.py BUNDLE")
    try:
        sys.exit(main(Path(sys.argv[1])))
    except (edgekit.EdgekitError, OSError, ValueError, KeyError) as error:
        sys.exit(f"{sys.argv[1]}: no bundle, or a damaged one ({error})")
