"""The embedded sample: complete, split by family group without a leak, and every font accounted for."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from importlib.resources import files
from typing import Any

import numpy as np
import pytest

from edgekit.datasets import letters28
from edgekit.datasets.letters28 import CLASSES, Glyph

ALLOWED_LICENCES = {
    "Bitstream-Vera",
    "GPL-2.0-only WITH Font-exception-2.0",
    "GPL-3.0-or-later WITH Font-exception-2.0",
    "OFL-1.1",
}


@pytest.fixture(scope="module")
def glyphs() -> tuple[Glyph, ...]:
    return letters28.glyphs()


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    text = files(letters28).joinpath("manifest.json").read_text("utf-8")
    return dict(json.loads(text))


def digests(glyphs: tuple[Glyph, ...], split: str) -> set[str]:
    return {hashlib.sha256(glyph.pixels.tobytes()).hexdigest() for glyph in glyphs if glyph.split == split}


def test_28_classes_in_sorted_order(manifest: dict[str, Any]) -> None:
    assert len(set(CLASSES)) == 28
    assert list(CLASSES) == sorted(CLASSES) == manifest["classes"]
    assert all(re.fullmatch("[a-z]+", name) for name in CLASSES)


def test_counts(glyphs: tuple[Glyph, ...]) -> None:
    assert Counter(glyph.split for glyph in glyphs) == {"train": 2660, "test": 924}
    assert len({glyph.name for glyph in glyphs}) == 128
    assert len({glyph.group for glyph in glyphs if glyph.split == "train"}) == 59
    assert len({glyph.group for glyph in glyphs if glyph.split == "test"}) == 20


def test_every_face_has_every_letter_in_class_order(glyphs: tuple[Glyph, ...]) -> None:
    names = list(dict.fromkeys(glyph.name for glyph in glyphs))
    assert names == sorted(names)
    assert [(glyph.name, glyph.label) for glyph in glyphs] == [(name, label) for name in names for label in range(28)]


def test_pixels_are_dark_ink_on_light_paper_with_a_margin(glyphs: tuple[Glyph, ...]) -> None:
    for glyph in glyphs:
        assert glyph.pixels.shape == (96, 96)
        assert glyph.pixels.dtype == np.uint8
        assert glyph.pixels.min() < 64
        rows, columns = np.nonzero(glyph.pixels < 255)
        assert min(rows.min(), columns.min()) >= 8
        assert max(rows.max(), columns.max()) <= 87


def test_pixels_cannot_be_changed_by_accident(glyphs: tuple[Glyph, ...]) -> None:
    with pytest.raises(ValueError, match="read-only"):
        glyphs[0].pixels[0, 0] = 0


def test_no_group_in_both_splits(glyphs: tuple[Glyph, ...]) -> None:
    splits = {(glyph.group, glyph.split) for glyph in glyphs}
    assert len(splits) == len({group for group, _ in splits})


def test_no_image_of_the_test_set_in_the_training_set(glyphs: tuple[Glyph, ...]) -> None:
    assert digests(glyphs, "test") & digests(glyphs, "train") == set()


def test_manifest_vouches_for_the_data_file(manifest: dict[str, Any]) -> None:
    data = files(letters28).joinpath(manifest["data"]).read_bytes()
    assert hashlib.sha256(data).hexdigest() == manifest["data_sha256"]
    assert len(data) <= 2_000_000


def test_every_font_is_free_and_identified(manifest: dict[str, Any]) -> None:
    faces = manifest["faces"]
    assert {face["licence"] for face in faces} == ALLOWED_LICENCES
    assert all(re.fullmatch("[0-9a-f]{64}", face["font_sha256"]) for face in faces)
    assert all(face["family"] and face["package"] and face["version"] and face["font"] for face in faces)


def test_importing_reads_no_data_and_loading_needs_no_tensorflow() -> None:
    code = (
        "import sys\n"
        "opened = []\n"
        "sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == 'open' else None)\n"
        "from edgekit.datasets import letters28\n"
        "assert not [path for path in opened if path.endswith(('.zip', 'manifest.json'))]\n"
        "assert len(letters28.glyphs()) == 3584\n"
        "assert not {'tensorflow', 'keras'} & sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
