"""The images that an export needs: to calibrate int8, to prove parity, and to travel with the bundle."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from edgekit.datasets.class_names import Matched, both_lists, match_folders
from edgekit.datasets.dataset import Example
from edgekit.datasets.folder import FilePicture, image_files
from edgekit.datasets.selection import balanced
from edgekit.datasets.source import open_dataset
from edgekit.datasets.survey import fingerprint
from edgekit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from edgekit.store.run import RunRecord

CALIBRATION_IMAGES = 200
# What a folder of somebody else's photographs gives at most, and a slow network's file is asked for:
# ImageNet's validation set would take hours, and tell little more.
MOST_TEST_IMAGES = 1000
# A network of so many multiply-adds takes about 50 ms an image on one thread in float32: with all test images, each file would take minutes.
_SLOW_MULTIPLY_ADDS, _MOST_OF_SLOW = 2_500_000_000, 300


@dataclass(frozen=True, slots=True)
class Images:
    """``test`` images decide parity, ``golden`` ones are chosen from for the bundle. ``labelled``: their classes are known.

    ``folders`` are those that ``test`` images lie in, where they are no labels.
    ``calibration`` images are of ``calibrated_on``, a folder's name or the run's training images.
    Where ``test`` is a part, ``more`` are up to 1,000 test images, which begin with those: for files that are judged by counts.
    ``truth`` are the labels of test and golden images by their names, where an image may have several.
    """

    calibration: tuple[Example, ...]
    calibrated_on: str
    test: tuple[Example, ...]
    golden: tuple[Example, ...]
    labelled: bool = True
    folders: tuple[str, ...] = ()
    more: tuple[Example, ...] = ()
    truth: Mapping[str, tuple[int, ...]] | None = None


def images_of(record: RunRecord, multiply_adds: int, *, calibration: Path | None = None, golden: Path | None = None) -> Images:
    """Find the images of a run's data set; ``calibration`` and ``golden`` are folders to use in place of its own.

    Of its test images a slow network, by its ``multiply_adds``, gets a class-balanced part, and more for files of 8 bits.

    Raises:
        DataError: the data set is not where it was, or has other classes by now.

    """
    known = record.dataset
    dataset = open_dataset(known.location, seed=known.split_seed).without(set(known.skipped))
    if dataset.classes != record.labels:
        raise DataError(f"the data set has other classes than when the run was trained. Received: {dataset.location}", hint="train again")
    if fingerprint(dataset) != known.fingerprint:
        raise DataError(
            f"the data set has changed since the run was trained: its test images may be trained on. Received: {dataset.location}",
            hint="put back what it held, or train again",
        )
    chosen = balanced(_of_classes(calibration, dataset.classes) if calibration else dataset.train, CALIBRATION_IMAGES, record.recipe.seed)
    slow = multiply_adds > _SLOW_MULTIPLY_ADDS and len(dataset.test) > _MOST_OF_SLOW
    more = balanced(dataset.test, MOST_TEST_IMAGES, record.recipe.seed) if slow else ()
    test = more[:_MOST_OF_SLOW] or dataset.test
    shown = balanced(_of_classes(golden, dataset.classes), MOST_TEST_IMAGES, record.recipe.seed) if golden else test
    source = calibration.resolve().name if calibration else f"{dataset.name}: training images"
    return Images(chosen, source, test, shown, more=more)


def images_in(labels: tuple[str, ...], *, calibration: Path | None, golden: Path | None, seed: int) -> Images:
    """Take the images of two folders, with class folders or without; one of them alone serves for both.

    Raises:
        DataError: no folder is given, it has no images, or class folders of which only some are labels.

    """
    given = golden or calibration
    if given is None:
        raise DataError(
            "a model that was not trained here needs photographs to be compared on, and to calibrate int8 with",
            hint="--golden DIR takes an image folder, with class folders or without; --calibration DIR another one for int8",
        )
    shown, labelled = _with_labels(given, labels)
    folders = () if labelled else tuple(sorted({path.parts[0] for path in map(_place, shown) if len(path.parts) > 1}))
    calibrating = shown if calibration in (None, given) else _with_labels(calibration, labels)[0]
    test = balanced(shown, MOST_TEST_IMAGES, seed)
    return Images(balanced(calibrating, CALIBRATION_IMAGES, seed), (calibration or given).resolve().name, test, test, labelled, folders)


def _of_classes(folder: Path, classes: tuple[str, ...]) -> tuple[Example, ...]:
    files = image_files(folder) if folder.is_dir() else []
    matched = match_folders({path.relative_to(folder).parts[0] for path in files}, classes)
    if not matched.indexes:
        there = both_lists(matched.unknown, classes) if folder.is_dir() else "no such folder"
        raise DataError(f"no images of the run's classes. Received: {folder} ({there})", hint="the folder holds a folder for each class")
    return _labelled(files, folder, matched)


def _with_labels(folder: Path, labels: tuple[str, ...]) -> tuple[tuple[Example, ...], bool]:
    """Return a folder's images, and whether their folders are labels; without labels all count as one class."""
    files = image_files(folder) if folder.is_dir() else []
    if not files:
        raise DataError(f"no images there. Received: {folder}", hint="an image folder holds .jpg or .png files, in class folders or not")
    matched = match_folders({path.relative_to(folder).parts[0] for path in files}, labels)
    if not matched.unknown:
        return _labelled(files, folder, matched), True
    if matched.indexes:
        raise DataError(
            f"some class folders are no labels, or the name of two. Received: {', '.join(matched.unknown[:5])} in {folder} "
            f"({both_lists(sorted([*matched.indexes, *matched.unknown]), labels)})",
            hint="rename them, or take photographs without folders",
        )
    return tuple(Example(FilePicture(path, path.relative_to(folder).as_posix()), 0) for path in files), False


def _place(example: Example) -> PurePosixPath:
    return PurePosixPath(example.picture.name)


def _labelled(files: Sequence[Path], folder: Path, matched: Matched) -> tuple[Example, ...]:
    """Return the images in folders that are labels, class by class."""
    names = [(path, path.relative_to(folder)) for path in files]
    examples = [
        Example(FilePicture(path, name.as_posix()), matched.indexes[name.parts[0]]) for path, name in names if name.parts[0] in matched.indexes
    ]
    return tuple(sorted(examples, key=lambda example: example.label))
