"""A camera loop: name what each frame shows, and draw how long frames took. A folder of images stands in for the camera."""

from __future__ import annotations

import argparse
import sys
import time
from itertools import cycle, islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

import edgekit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

NAMED = 5
BARS = 12
WIDEST = 40


def frames(folder: Path, count: int) -> Iterator[NDArray[np.uint8]]:
    """Yield ``count`` frames, uint8 (height, width, 3) in RGB, as a camera would: of one size, that of the first image.

    With a camera this is all that changes. OpenCV's frames are BGR: ``frame[..., ::-1].copy()`` turns them.
    """
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".png", ".jpg", ".jpeg"))
    if not paths:
        raise ValueError(f"{folder} has no images")
    size = None
    for path in islice(cycle(paths), count):
        with Image.open(path) as image:
            size = size or image.size
            yield np.asarray(image.convert("RGB").resize(size))


def histogram(times_ms: NDArray[np.float64]) -> list[str]:
    """Return the lines of a histogram. The slowest frames have a bar of their own at the end, so that one does not flatten the rest."""
    edges = np.linspace(times_ms.min(), np.percentile(times_ms, 99), BARS)
    counts, _ = np.histogram(times_ms, [*edges, np.inf])
    labels = [*(f"{low:7.2f} – {high:.2f} ms" for low, high in pairwise(edges)), f"{edges[-1]:7.2f} – {times_ms.max():.2f} ms"]
    return [f"{label:>21}  {'█' * round(WIDEST * count / counts.max())} {count}" for label, count in zip(labels, counts, strict=True)]


def main() -> int:
    """Run the loop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="a bundle, or a model file alone")
    parser.add_argument("folder", type=Path, help="images that stand in for the camera")
    parser.add_argument("--frames", type=int, default=300, choices=range(1, 1_000_000), metavar="COUNT")
    options = parser.parse_args()

    try:
        classifier = edgekit.load(options.model)
        times_ms = []
        for number, frame in enumerate(frames(options.folder, options.frames)):
            begun = time.perf_counter()
            answer = classifier.predict(frame)
            times_ms.append(1000 * (time.perf_counter() - begun))
            if number < NAMED:
                # Of several labels, each by itself, all that are there; the probability is the strongest one's.
                print(f"frame {number}: {', '.join(answer.labels) or f'none, at most {answer.label}'} ({answer.probability:.0%})")
    except (edgekit.EdgekitError, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1

    print(f"{classifier.path.name} in {classifier.runtime} {classifier.runtime_version}: {len(times_ms)} frames, all of the call")
    print("\n".join(histogram(np.array(times_ms))))
    p50, p90, p99 = np.percentile(times_ms, [50, 90, 99])
    print(f"half within {p50:.2f} ms, 90 % within {p90:.2f} ms, 99 % within {p99:.2f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
