"""Name photographs after examples: name_photos.py MODEL EXAMPLES IMAGE..., where EXAMPLES has a folder of photographs for each class."""

from __future__ import annotations

import sys
from pathlib import Path

import edgekit
from naming import Namer


def main(model: str, examples: str, *images: str) -> int:
    """Learn every class, then name every image."""
    namer = Namer(Path(model))
    for folder in sorted(path for path in Path(examples).iterdir() if path.is_dir()):
        namer.learn(folder.name, sorted(folder.iterdir()))
    if not namer.names:
        raise ValueError(f"{examples} has no folder of photographs")
    for image in images:
        name, cosine = namer.name(Path(image))
        print(f"{image}  {name}  {cosine:.2f}")
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    try:
        sys.exit(main(*sys.argv[1:]))
    except (edgekit.EdgekitError, OSError, ValueError) as error:
        sys.exit(f"error: {error}")
