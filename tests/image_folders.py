"""Small image folders of noise, for tests of which images are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgekit.datasets.decode import encode_png

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def noise_folder(root: Path, counts: Mapping[str, int], *, px: int = 9) -> Path:
    """Write so many images, ``0.png`` and so on, into folders below ``root``: ``{"train/a": 4}``."""
    rng = np.random.default_rng(0)
    for place, count in counts.items():
        folder = root / place
        folder.mkdir(parents=True)
        for index in range(count):
            (folder / f"{index}.png").write_bytes(encode_png(rng.integers(0, 256, (px, px, 3), np.uint8)))
    return root
