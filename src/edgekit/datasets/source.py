"""From a location to a data set: the embedded letters28, or an image folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.datasets.dataset import SAMPLE
from edgekit.datasets.folder import open_folder
from edgekit.datasets.sample import open_sample

if TYPE_CHECKING:
    from edgekit.datasets.dataset import Dataset


def open_dataset(location: str, *, seed: int = 0) -> Dataset:
    """Open the data set at ``location``: ``letters28`` or an image folder's path."""
    return open_sample() if location == SAMPLE else open_folder(Path(location), seed=seed)
