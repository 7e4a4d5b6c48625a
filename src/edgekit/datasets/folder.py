"""An image folder as a data set: ``ROOT/train/<class>/*`` and ``ROOT/test/<class>/*``, or ``ROOT/<class>/*``."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from edgekit.datasets.class_names import both_lists, match_folders
from edgekit.datasets.dataset import GIVEN, SEEDED, Dataset, Example
from edgekit.datasets.file_picture import FilePicture
from edgekit.datasets.formats import suffixes
from edgekit.datasets.listing import list_folder
from edgekit.datasets.selection import split_off
from edgekit.datasets.splits import RENAME, Split, layout_of
from edgekit.errors import DataError
from edgekit.store.labels import unfit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edgekit.datasets.listing import Listing
    from edgekit.datasets.splits import Layout

TEST_SHARE = 0.2
_LAYOUT_HINT = "an image folder is ROOT/train/<class>/*.jpg and ROOT/test/<class>/*.jpg; `edgekit data sample DIR` writes one"


def open_folder(root: Path, *, seed: int = 0) -> Dataset:
    """Read the structure of an image folder; no image is opened.

    Without a test folder, a stratified fifth of the images becomes the test split, chosen by ``seed``. A validation folder is
    what training watches.

    Raises:
        DataError: the folder is missing, empty, or has fewer than two classes.

    """
    if not root.is_dir():
        raise DataError(f"there is no such folder. Received: {root}", hint=_LAYOUT_HINT)
    listing = list_folder(root)
    layout = layout_of(listing)
    if Split.TRAIN in layout.flat:
        raise DataError(f"the training folder has no class folders in it. Received: {layout.flat[Split.TRAIN]}", hint=RENAME)
    train_root = layout.roots.get(Split.TRAIN, layout.base)
    classes = listing.names(train_root) if Split.TRAIN in layout.roots else layout.classes
    _refuse_unfit_classes(listing, classes, train_root)
    train = examples_below(listing, train_root, {name: label for label, name in enumerate(classes)})
    _refuse_empty_classes(train, classes, train_root, listing)
    validation = _given(listing, layout, Split.VALIDATION, classes, train_root)
    test = _given(listing, layout, Split.TEST, classes, train_root)
    split = GIVEN if Split.TEST in layout.roots else SEEDED
    if split == SEEDED:
        train, test = split_off(train, TEST_SHARE, seed)
    if not test:
        raise DataError(f"there are no test images. Received: {root}", hint="put some images of each class into ROOT/test/<class>")
    left_out = (*layout.left_out, *listing.left_out)
    return Dataset(root.resolve().name, str(root.resolve()), classes, train, test, split, validation, left_out)


def examples_below(listing: Listing, root: Path, indexes: Mapping[str, int]) -> tuple[Example, ...]:
    """Return the images in the folders of ``root``, class by class, sorted by name; ``indexes`` has each folder's class."""
    found = listing.by_folder(root)
    return tuple(
        Example(FilePicture(path, path.relative_to(listing.root).as_posix()), label)
        for name, label in sorted(indexes.items(), key=itemgetter(1))
        for path in found.get(name, ())
    )


def _given(listing: Listing, layout: Layout, split: Split, classes: tuple[str, ...], train_root: Path) -> tuple[Example, ...]:
    """Return the images of a split that has a folder of its own, or none."""
    root = layout.roots.get(split)
    if root is None:
        return ()
    matched = match_folders(listing.names(root), classes)
    if matched.unknown:
        raise DataError(
            f"{root.name}/ has classes that {train_root.name}/ does not have. Received: {', '.join(matched.unknown[:5])} in {root} "
            f"({both_lists(listing.names(root), classes)})",
            hint="class folders must have the same names in all splits",
        )
    return examples_below(listing, root, matched.indexes)


def _refuse_unfit_classes(listing: Listing, classes: tuple[str, ...], root: Path) -> None:
    if not classes:
        raise DataError(f"the folder has no class folders in it. Received: {root}", hint=_LAYOUT_HINT)
    if len(classes) < 2:
        inner = listing.names(root / classes[0])
        hint = f"did you mean {root / classes[0]}?" if len(inner) > 1 else _LAYOUT_HINT
        raise DataError(f"a classifier needs two classes or more. Received: one ({classes[0]}) in {root}", hint=hint)
    for name in classes:
        if unfit(name):
            raise DataError(f"the name of a class {unfit(name)}. Received: {name} in {root}", hint="rename the folder")


def _refuse_empty_classes(examples: tuple[Example, ...], classes: tuple[str, ...], root: Path, listing: Listing) -> None:
    present = {example.label for example in examples}
    empty = [name for label, name in enumerate(classes) if label not in present]
    if empty:
        told = "; ".join(map(str, listing.left_out)) or f"images are files that end in {', '.join(sorted(suffixes()))}"
        raise DataError(f"class folders without images. Received: {', '.join(empty[:5])}{' …' if len(empty) > 5 else ''} in {root}", hint=told)
