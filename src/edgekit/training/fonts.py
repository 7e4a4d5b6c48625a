"""Fonts for pictures: class names are written in any script, and Matplotlib's own font has few of them."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from matplotlib import font_manager, rc_context
from matplotlib.ft2font import FT2Font, StyleFlags

if TYPE_CHECKING:
    from collections.abc import Iterator

_OWN = "DejaVu Sans"
# Beyond so many fonts, what is still missing is rare.
_MOST_FONTS = 4


@contextmanager
def fonts_for(text: str) -> Iterator[None]:
    """Draw with fonts of this machine that have the characters of ``text``; one that none has becomes a box, without a warning."""
    with rc_context({"font.family": [_OWN, *_families(text)]}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        yield


def _families(text: str) -> list[str]:
    """Return families that have what Matplotlib's own font lacks, the one with most of it first, and make them known to Matplotlib."""
    missing = {ord(character) for character in text if not character.isspace()} - _characters(FT2Font(font_manager.findfont(_OWN)))
    if not missing:
        return []
    # Matplotlib's own list of fonts is as old as its cache.
    found = [(font, path, _characters(font) & missing) for path in sorted(font_manager.findSystemFonts()) if (font := _upright(path))]
    chosen: list[str] = []
    while missing and len(chosen) < _MOST_FONTS:
        font, path, has = max(found, key=lambda entry: (len(entry[2] & missing), "Sans" in entry[0].family_name), default=(None, "", set()))
        if font is None or not has & missing:
            break
        font_manager.fontManager.addfont(path)
        chosen.append(font.family_name)
        missing -= has
    return chosen


def _upright(path: str) -> FT2Font | None:
    """Return a font that is neither bold nor slanted; ``None`` for others, and for a file that cannot be read."""
    try:
        font = FT2Font(path)
    except (OSError, RuntimeError):
        return None
    return None if font.style_flags & (StyleFlags.BOLD | StyleFlags.ITALIC) else font


def _characters(font: FT2Font) -> set[int]:
    return set(font.get_charmap())
