import warnings

import numpy as np
from matplotlib import font_manager, rcParams
from matplotlib.ft2font import FT2Font
from PIL import Image

from edgekit.training.fonts import fonts_for
from edgekit.training.pictures import CONFUSION_FILE, draw_confusion

NAMES = ["猫 犬", "고양이", "ไทย", "$a_b$ \U0001f600"]


def characters(path):
    return set(FT2Font(path).get_charmap())


def test_names_of_any_script_are_drawn_without_a_warning(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_confusion(tmp_path, 3 * np.eye(4, dtype=np.int64), NAMES)
    assert Image.open(tmp_path / CONFUSION_FILE).size[0] > 300


def test_a_font_of_the_machine_is_taken_where_it_has_what_is_missing(monkeypatch):
    """Matplotlib ships fonts that are not its default: they stand for the machine's."""
    own = characters(font_manager.findfont("DejaVu Sans"))
    shipped = [entry.fname for entry in font_manager.fontManager.ttflist if entry.name in {"STIXGeneral", "cmr10"} and entry.style == "normal"]
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [*shipped, "/nowhere/none.ttf"])
    rare = next(chr(code) for code in sorted(characters(font_manager.findfont("STIXGeneral")) - own) if code > 128)
    with fonts_for(f"cat {rare}"):
        assert rcParams["font.family"] == ["DejaVu Sans", "STIXGeneral"]
    with fonts_for("cat"):
        assert rcParams["font.family"] == ["DejaVu Sans"]
