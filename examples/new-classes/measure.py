"""How well five photographs name a class: every class of an image folder from five training images, asked for its test images."""

from __future__ import annotations

import sys
from pathlib import Path

import edgekit
from naming import Namer

EXAMPLES = 5
ASKED = 5
"""Of each class, to keep it short."""


def main(model: Path, folder: Path) -> int:
    """Print the share that is named rightly, for classes that the network knows and for those that are new to it."""
    trained = set(edgekit.load(model).labels)
    namer = Namer(model)
    classes = sorted(path.name for path in (folder / "train").iterdir())
    for name in classes:
        namer.learn(name, spread(folder / "train" / name, EXAMPLES))
    right = {True: [], False: []}
    for name in classes:
        right[name in trained] += [namer.name(image)[0] == name for image in spread(folder / "test" / name, ASKED)]
    for known, found in right.items():
        if found:
            kind = "known to the network" if known else "new to it"
            print(f"classes {kind}: {sum(found) / len(found):.0%} of {len(found)} images named rightly, out of {len(classes)} names")
    # Better than chance by far, or the features are not those of a trained network.
    hits = [hit for found in right.values() for hit in found]
    return 0 if sum(hits) / len(hits) > 5 / len(classes) else 1


def spread(folder: Path, count: int) -> list[Path]:
    """Return ``count`` images, evenly from the sorted names: neighbours are often alike."""
    images = sorted(folder.iterdir())
    return images[:: max(1, len(images) // count)][:count]


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: measure.py MODEL FOLDER")
    try:
        sys.exit(main(*map(Path, sys.argv[1:])))
    except (edgekit.EdgekitError, OSError, ValueError) as error:
        sys.exit(f"error: {error}")
