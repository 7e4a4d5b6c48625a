"""Which folders are the splits of a data set, by their names and by what they hold."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from edgekit.errors import DataError
from edgekit.spec.left_out import LeftOut, some_of

if TYPE_CHECKING:
    from pathlib import Path

    from edgekit.datasets.listing import Listing


class Split(StrEnum):
    """The parts of a data set: for training, for validation, and the test set, read once at the end."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


_WORDS = {
    Split.TRAIN: "train|training|trn",
    Split.VALIDATION: "val|valid|validation|validating|dev|devel|development|eval|evaluation",
    Split.TEST: "test|testing|tst|holdout",
}
# What is written beside the word: training_set, seg_train, TestImages, val2017.
_BESIDE = "(?:data|dataset|set|split|images?|imgs?|photos?|pictures?|pics|samples?|folder|dir|seg|my|the)*"
_PATTERNS = {split: re.compile(f"{_BESIDE}(?:{words}){_BESIDE}(?:(?:19|20)[0-9]{{2}})?") for split, words in _WORDS.items()}
RENAME = "a split holds class folders; rename it if it is a class itself"


def split_named(name: str) -> Split | None:
    """Return the split that a folder's name says, if it says one: in any case, and with words such as "set" or "images" beside."""
    letters = re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name).casefold())
    return next((split for split, pattern in _PATTERNS.items() if pattern.fullmatch(letters)), None)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the class folders of each split are; without a training split the classes stand in ``base`` itself.

    ``classes`` are the names of the folders in ``base`` that are no splits; ``flat`` are folders that are named as a split, and
    hold photographs alone.
    """

    base: Path
    roots: dict[Split, Path]
    flat: dict[Split, Path]
    classes: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


def layout_of(listing: Listing) -> Layout:
    """Find the splits of a data set.

    A folder whose name is a split's is a split if it holds class folders, at once or in a folder of the same name (seg_train/
    seg_train); it is never a class. What only holds photographs under such a name is not used. Inside a split every folder is
    a class, whatever its name.

    Raises:
        DataError: several folders could be one split.

    """
    base = _base(listing)
    named = {name: split for name in listing.names(base) if (split := split_named(name))}
    candidates = {split: [name for name, its in named.items() if its is split] for split in Split}
    usable = {split: [name for name in names if listing.names(_descended(listing, base / name))] for split, names in candidates.items()}
    chosen = {split: _only(names, split, base) for split, names in usable.items() if names}
    classes = tuple(name for name in listing.names(base) if name not in named)
    roots = {split: _descended(listing, base / name) for split, name in chosen.items()}
    flat = {split: base / names[0] for split, names in candidates.items() if names and split not in chosen}
    return Layout(base, roots, flat, classes, _unused(listing, base, [*named], chosen, classes, roots))


def _base(listing: Listing) -> Path:
    """Return the root, or the one folder in it that holds the splits: archives often unpack so."""
    base = listing.root
    while True:
        names = listing.names(base)
        if len(names) != 1 or split_named(names[0]):
            break
        base /= names[0]
    return base if any(split_named(name) is Split.TRAIN for name in listing.names(base)) else listing.root


def _descended(listing: Listing, folder: Path) -> Path:
    """Return the folder that holds the classes of a split: its only folder, if that is named as the same split."""
    while True:
        names = listing.names(folder)
        if len(names) != 1 or split_named(names[0]) is not split_named(folder.name):
            return folder
        folder /= names[0]


def _only(names: list[str], split: Split, base: Path) -> str:
    """Return the one that is a split: the plain name, if there are several."""
    if len(names) > 1 and split.value not in names:
        raise DataError(
            f"several folders could be the {split} split. Received: {', '.join(names)} in {base}",
            hint=f"call the one to use {split}, or move the others elsewhere",
        )
    return split.value if split.value in names else names[0]


def _unused(
    listing: Listing, base: Path, named: list[str], chosen: dict[Split, str], classes: tuple[str, ...], roots: dict[Split, Path]
) -> tuple[LeftOut, ...]:
    """Return the photographs that lie in no class of a split."""
    inside = {name: len(paths) for name, paths in listing.by_folder(base).items()}
    found = []
    others = [name for name in classes if inside.get(name)] if Split.TRAIN in chosen else []
    if others:
        where = f"in {some_of([f'{name}/' for name in others])}"
        read = " and ".join(f"{name}/" for name in chosen.values())
        found.append(LeftOut(count=sum(inside[name] for name in others), what="photograph", where=where, hint=f"only {read} are read"))
    for name in named:
        if name not in chosen.values() and inside.get(name):
            found.append(LeftOut(count=inside[name], what="photograph", where=f"in {name}/", hint=_not_chosen(listing, base / name, chosen)))
    loose = listing.by_folder(base).get("", []) + [path for split, name in chosen.items() for path in _loose(listing, base / name, roots[split])]
    if loose:
        where = f"outside of class folders ({some_of([path.relative_to(listing.root).as_posix() for path in loose])})"
        found.append(LeftOut(count=len(loose), what="photograph", where=where, hint="put each into the folder of its class"))
    return tuple(found)


def _loose(listing: Listing, folder: Path, root: Path) -> list[Path]:
    """Return the photographs of a split that lie in none of the class folders in ``root``."""
    return [path for paths in listing.by_folder(folder).values() for path in paths if path.parent == root or not path.is_relative_to(root)]


def _not_chosen(listing: Listing, folder: Path, chosen: dict[Split, str]) -> str:
    split = split_named(folder.name)
    return f"{chosen[split]}/ is the {split} split" if split in chosen and listing.names(folder) else RENAME
