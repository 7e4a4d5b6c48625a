"""The embedded letters28 as a data set, and as an image folder on disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edgekit.datasets.dataset import SAMPLE, Dataset, Example
from edgekit.datasets.decode import encode_png
from edgekit.datasets.letters28 import CLASSES, Glyph, glyphs

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class GlyphPicture:
    """A glyph of the embedded sample, named as its file in the image folder."""

    glyph: Glyph

    @property
    def name(self) -> str:
        """The path below the folder that `write_sample` writes."""
        return f"{self.glyph.split}/{CLASSES[self.glyph.label]}/{self.glyph.name}.png"

    def content(self) -> bytes:
        """Return its pixels: PNG bytes are other ones by another Pillow, and take time."""
        return self.glyph.pixels.tobytes()

    def decoded(self, content: bytes) -> NDArray[np.uint8]:
        """Return its pixels, which are its ``content``."""
        del content
        return self.pixels()

    def pixels(self) -> NDArray[np.uint8]:
        """Return uint8 (96, 96, 3), grey as RGB."""
        return np.repeat(self.glyph.pixels[:, :, np.newaxis], 3, axis=2)

    def holding(self, sha256: str) -> GlyphPicture:
        """Return the picture itself: what is embedded does not change."""
        del sha256
        return self


def open_sample() -> Dataset:
    """Return letters28: 28 Arabic letters in many typefaces, split by family group."""
    splits: dict[str, list[Example]] = {"train": [], "test": []}
    for glyph in glyphs():
        splits[glyph.split].append(Example(GlyphPicture(glyph), glyph.label, glyph.group))
    return Dataset(SAMPLE, SAMPLE, CLASSES, tuple(splits["train"]), tuple(splits["test"]))


def write_sample(root: Path) -> int:
    """Write letters28 below ``root`` as an image folder; returns the number of images."""
    dataset = open_sample()
    for example in (*dataset.train, *dataset.test):
        path = root / example.picture.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_png(example.picture.pixels()))
    return len(dataset.train) + len(dataset.test)
