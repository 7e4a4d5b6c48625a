#!/usr/bin/env python3
"""Build the embedded sample letters28: the 28 letters of the Arabic alphabet, rendered from free typefaces.

The font packages named in ``letters28_sources.toml`` are fetched through the ordinary clients (``apt-get``,
``pip``, ``npm``) into a work folder and kept there; only rendered images and a manifest go into the package.
The same font files, Pillow and NumPy give the same bytes.

Needs Pillow, NumPy, fontTools and brotli, and runs on Debian or a relative of it::

    python scripts/build_letters28.py /tmp/letters28
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import random
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from fontTools.ttLib import TTFont
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

SOURCES: dict[str, Any] = tomllib.loads(Path(__file__).with_name("letters28_sources.toml").read_text("utf-8"))
CODE_POINTS: dict[str, int] = SOURCES["classes"]
PACKAGE_DATA = Path(__file__).parents[1] / "src" / "edgekit" / "datasets" / "letters28"

SIZE_PX = 96
MARGIN_PX = 10
OVERSAMPLING = 4
GREY_STEP = 17  # 16 levels, 0 to 255: indistinguishable by eye, and fewer bytes
WEIGHTS = (400, 700)  # one face near each: more of one family add bytes, not variety
TEST_SHARE = 0.25
SEED = 28
# Two families are one drawing when this many letters differ by less than this share of their ink.
NEAR_LETTERS = 4
NEAR_DIFFERENCE = 0.1

STYLES = ("thin", "extralight", "light", "regular", "medium", "semibold", "bold", "extrabold", "black")


@dataclass(frozen=True, slots=True)
class Package:
    """A downloaded font package. ``family`` is None where the fonts themselves name their families."""

    name: str
    version: str
    licence: str
    folder: Path
    family: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face and its letters: ``images`` is (28, 96, 96) uint8, 0 is ink and 255 paper, in class order."""

    family: str
    weight: int
    path: Path
    package: Package
    images: NDArray[np.uint8]

    @property
    def style(self) -> str:
        return STYLES[min(max(round(self.weight / 100), 1), 9) - 1]

    @property
    def name(self) -> str:
        return f"{slug(self.family)}-{self.style}"


def slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def run(*command: str, cwd: Path) -> str:
    return subprocess.run(command, cwd=cwd, check=True, text=True, stdout=subprocess.PIPE).stdout


def fetch(folder: Path, pattern: str, *command: str) -> Path:
    """The file in ``folder`` that matches ``pattern``, downloaded by ``command`` unless it is there already."""
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.glob(pattern)):
        run(*command, cwd=folder)
    return next(folder.glob(pattern))


def check_licence(package: Package, stated: str) -> Package:
    if stated != package.licence:
        raise SystemExit(f"{package.name} states the licence {stated!r}, not {package.licence!r}: read it again.")
    return package


def fetch_pypi(family: str, licence: str, work: Path) -> Package:
    name = f"fontpkg-{slug(family)}"
    folder = work / name
    wheel = fetch(folder, "*.whl", sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", name)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    metadata = json.loads(next(folder.glob("*/metadata.json")).read_text("utf-8"))
    return check_licence(Package(name, metadata["version"], licence, folder, family), metadata["license"])


def fetch_npm(family: str, licence: str, work: Path) -> Package:
    name = f"@fontsource/{slug(family)}"
    folder = work / f"fontsource-{slug(family)}"
    archive = fetch(folder, "*.tgz", "npm", "pack", "--silent", name)
    run("tar", "xzf", archive.name, cwd=folder)
    metadata = json.loads((folder / "package" / "package.json").read_text("utf-8"))
    return check_licence(Package(name, metadata["version"], licence, folder, family), metadata["license"])


def fetch_debian(name: str, licence: str, work: Path) -> Package:
    folder = work / name
    archive = fetch(folder, "*.deb", "apt-get", "download", "--quiet", name)
    run("dpkg-deb", "-x", archive.name, ".", cwd=folder)
    return Package(name, run("dpkg-deb", "-f", archive.name, "Version", cwd=folder).strip(), licence, folder)


def fetch_all(work: Path) -> Iterator[Package]:
    for section, fetcher in (("pypi", fetch_pypi), ("npm", fetch_npm), ("debian", fetch_debian)):
        for name, licence in SOURCES[section].items():
            yield fetcher(name, licence, work)


def font_paths(package: Package) -> list[Path]:
    if package.name.startswith("@fontsource/"):
        return sorted(package.folder.glob(f"package/files/{slug(package.family or '')}-arabic-*-normal.woff2"))
    return sorted(path for path in package.folder.rglob("*") if path.suffix in {".ttf", ".otf"})


def is_wanted(font: TTFont, licence: str) -> bool:
    """Whether a font is upright, has all 28 letters, and states the font exception where its licence needs one."""
    letters = set(CODE_POINTS.values()) <= set(font.getBestCmap() or ())
    style = str(font["name"].getBestSubFamilyName())
    upright = font["post"].italicAngle == 0 and not re.search("Slanted|Oblique|Italic", style)
    stated = "".join(str(font["name"].getDebugName(record)) for record in (0, 13))
    return letters and upright and ("exception" not in licence or "exception" in stated)


def draw_ink(font: ImageFont.FreeTypeFont, text: str) -> Image.Image:
    """``text`` in white on black, cut to its ink: the box that Pillow computes has the advance in it."""
    reach = round(font.size * 2)
    canvas = Image.new("L", (2 * reach, 2 * reach))
    ImageDraw.Draw(canvas).text((reach, reach), text, fill=255, font=font, anchor="ms")
    return canvas.crop(canvas.getbbox())


def render(font: ImageFont.FreeTypeFont, text: str) -> NDArray[np.uint8]:
    """``text`` centred in a square of (96, 96) uint8, its longer side filling what the margin leaves.

    It is drawn four times as large and averaged down, so that no hinting of the font shows.
    """
    inner_px = (SIZE_PX - 2 * MARGIN_PX) * OVERSAMPLING
    scale = inner_px / max(draw_ink(font, text).size)
    ink = draw_ink(font.font_variant(size=font.size * scale), text)
    canvas = Image.new("L", (SIZE_PX * OVERSAMPLING,) * 2)
    canvas.paste(ink, ((canvas.width - ink.width) // 2, (canvas.height - ink.height) // 2))
    paper = 255.0 - np.asarray(canvas.reduce(OVERSAMPLING))
    return (np.rint(paper / GREY_STEP) * GREY_STEP).astype(np.uint8)


def render_letters(path: Path) -> NDArray[np.uint8] | None:
    """All letters of a face, (28, 96, 96) uint8; None where one is blank, .notdef, or drawn like another.

    Faces that add the dots of a letter only when shaping text draw several letters alike.
    """
    font = ImageFont.truetype(str(path), size=256, layout_engine=ImageFont.Layout.BASIC)
    images = np.stack([render(font, chr(point)) for point in CODE_POINTS.values()])
    not_defined = render(font, "\U0010ffff")
    distinct = {image.tobytes() for image in images} - {not_defined.tobytes()}
    blank = (images == 255).all(axis=(1, 2)).any()
    return None if blank or len(distinct) < len(images) else images


def faces_of(package: Package) -> Iterator[Face]:
    for path in font_paths(package):
        font = TTFont(path, lazy=True)
        if not is_wanted(font, package.licence):
            continue
        family = package.family or str(font["name"].getBestFamilyName())
        images = None if family in SOURCES["unfit"] else render_letters(path)
        if images is None:
            print(f"left out: {path.name}")
            continue
        yield Face(family, font["OS/2"].usWeightClass, path, package, images)


def choose(faces: Iterable[Face]) -> list[Face]:
    """The faces nearest to the wanted weights, from the first package that has the family, without repetitions."""
    families: dict[str, list[Face]] = {}
    for face in faces:
        members = families.setdefault(face.family, [])
        if not members or face.package == members[0].package:
            members.append(face)
    chosen: dict[bytes, Face] = {}
    for members in families.values():
        for weight in WEIGHTS:
            face = min(members, key=lambda member: abs(member.weight - weight))
            chosen.setdefault(face.images.tobytes(), face)
    return sorted(chosen.values(), key=lambda face: face.name)


def are_one_drawing(first: Face, second: Face) -> bool:
    """Whether two faces share a glyph image, or nearly share so many that one was made from the other."""
    a, b = 255.0 - first.images, 255.0 - second.images
    ink = np.maximum(a.sum(axis=(1, 2)), b.sum(axis=(1, 2)))
    difference = np.abs(a - b).sum(axis=(1, 2)) / ink
    return bool((difference == 0).any() or (difference < NEAR_DIFFERENCE).sum() >= NEAR_LETTERS)


def group_families(faces: list[Face]) -> dict[str, str]:
    """The group of every family: the first name, in alphabetical order, of the families drawn alike."""
    group_of = {face.family: face.family for face in faces}

    def merge(first: str, second: str) -> None:
        old, new = sorted((group_of[first], group_of[second]), reverse=True)
        group_of.update({family: new for family, group in group_of.items() if group == old})

    for families in SOURCES["groups"].values():
        present = [family for family in families if family in group_of]
        for family in present[1:]:
            merge(present[0], family)
    for first, second in combinations(faces, 2):
        if group_of[first.family] != group_of[second.family] and are_one_drawing(first, second):
            print(f"merged: {first.name}, {second.name}")
            merge(first.family, second.family)
    return {family: slug(group) for family, group in group_of.items()}


def held_out_groups(groups: Iterable[str]) -> set[str]:
    names = sorted(set(groups))
    return set(random.Random(SEED).sample(names, round(TEST_SHARE * len(names))))


def write_sheets(faces: list[Face], path: Path) -> None:
    """One PNG per face, its 28 letters side by side, in a zip without compression or dates of its own."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for face in faces:
            sheet = io.BytesIO()
            Image.fromarray(face.images.swapaxes(0, 1).reshape(SIZE_PX, -1)).save(sheet, "PNG", optimize=True)
            archive.writestr(zipfile.ZipInfo(f"{face.name}.png"), sheet.getvalue())


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def describe(face: Face, group: str, split: str) -> dict[str, str]:
    return {
        "name": face.name,
        "family": face.family,
        "style": face.style,
        "group": group,
        "split": split,
        "licence": face.package.licence,
        "package": face.package.name,
        "version": face.package.version,
        "font": face.path.name,
        "font_sha256": sha256(face.path),
    }


def write_data(faces: list[Face], folder: Path) -> None:
    group_of = group_families(faces)
    held_out = held_out_groups(group_of.values())
    groups = [group_of[face.family] for face in faces]
    entries = [describe(face, group, "test" if group in held_out else "train") for face, group in zip(faces, groups, strict=True)]
    folder.mkdir(parents=True, exist_ok=True)
    write_sheets(faces, folder / "letters28.zip")
    manifest = {
        "classes": list(CODE_POINTS),
        "size_px": SIZE_PX,
        "data": "letters28.zip",
        "data_sha256": sha256(folder / "letters28.zip"),
        "faces": entries,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path, help="folder that keeps the downloaded font packages")
    parser.add_argument("--out", type=Path, default=PACKAGE_DATA, help="folder of the package data")
    arguments = parser.parse_args()
    faces = choose(face for package in fetch_all(arguments.work.resolve()) for face in faces_of(package))
    write_data(faces, arguments.out)
    print(f"{len(faces)} faces, {len({face.family for face in faces})} families")


if __name__ == "__main__":
    main()
