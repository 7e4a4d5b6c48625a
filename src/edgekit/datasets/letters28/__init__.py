"""letters28: the 28 letters of the Arabic alphabet in many free typefaces, a small real data set that needs no network.

Letters differ by dots and small strokes, so resolution and preprocessing matter. The split is by family group:
no typeface of the test set, nor one drawn from it, was seen in training. ``manifest.json`` names every font
rendered here, its package, licence and sha256; ``scripts/build_letters28.py`` makes the data.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["CLASSES", "Glyph", "glyphs"]

CLASSES: tuple[str, ...] = (
    "ain", "alef", "beh", "dad", "dal", "feh", "ghain", "hah", "heh", "jeem", "kaf", "khah", "lam", "meem",
    "noon", "qaf", "reh", "sad", "seen", "sheen", "tah", "teh", "thal", "theh", "waw", "yeh", "zah", "zain",
)  # fmt: skip
"""Unicode's letter names, sorted: the class order, and the names of the folders when written out."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """One letter in one face."""

    name: str
    """The face, ASCII: ``"amiri-regular"``. With the label it is unique."""
    label: int
    """Index into ``CLASSES``."""
    group: str
    """The family group; all its faces stand in one split."""
    split: str
    """``"train"`` or ``"test"``."""
    pixels: NDArray[np.uint8]
    """(96, 96) uint8, read-only, grey: 0 is ink, 255 paper, 16 levels."""


def glyphs() -> tuple[Glyph, ...]:
    """Every image, by face in alphabetical order, then by label; decoded anew at each call."""
    package = files(__name__)
    manifest = json.loads(package.joinpath("manifest.json").read_text("utf-8"))
    with zipfile.ZipFile(io.BytesIO(package.joinpath(manifest["data"]).read_bytes())) as archive:
        return tuple(
            Glyph(face["name"], label, face["group"], face["split"], pixels)
            for face in manifest["faces"]
            for label, pixels in enumerate(_letters(archive.read(f"{face['name']}.png")))
        )


def _letters(sheet: bytes) -> NDArray[np.uint8]:
    """The letters of one face, (28, 96, 96) uint8, from its PNG of (96, 28 x 96)."""
    with Image.open(io.BytesIO(sheet)) as image:
        grey = np.asarray(image)
    height_px = grey.shape[0]
    letters = np.ascontiguousarray(grey.reshape(height_px, len(CLASSES), height_px).swapaxes(0, 1))
    letters.flags.writeable = False
    return letters
