"""The images that an export needs: to calibrate int8, to prove parity, and to travel with the bundle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.datasets.class_names import Matched, both_lists, match_folders
from edgekit.datasets.dataset import Example
from edgekit.datasets.file_picture import FilePicture
from edgekit.datasets.fingerprint import held
from edgekit.datasets.photographs import FOR_CALIBRATION, FOR_PROOF, photographs_in
from edgekit.datasets.selection import balanced
from edgekit.datasets.source import open_dataset
from edgekit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from edgekit.datasets.photographs import Photographs
    from edgekit.datasets.splits import Split
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
    ``told`` is what is to be said of the folders that were given: which of their splits are taken, and what is not used.
    Where ``test`` is a part, ``more`` are up to 1,000 test images, which begin with those: for files that are judged by counts.
    ``truth`` are the labels of test and golden images by their names, where an image may have several.
    """

    calibration: tuple[Example, ...]
    calibrated_on: str
    test: tuple[Example, ...]
    golden: tuple[Example, ...]
    labelled: bool = True
    folders: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
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
    dataset, fingerprint = held(dataset)
    if fingerprint != known.fingerprint:
        raise DataError(
            f"the data set has changed since the run was trained: its test images may be trained on. Received: {dataset.location}",
            hint="put back what it held, or train again",
        )
    calibrating = _photographs(calibration, FOR_CALIBRATION) if calibration else None
    showing = _photographs(golden, FOR_PROOF) if golden else None
    seed = record.recipe.seed
    chosen = balanced(_of_classes(calibrating, dataset.classes) if calibrating else dataset.train, CALIBRATION_IMAGES, seed)
    slow = multiply_adds > _SLOW_MULTIPLY_ADDS and len(dataset.test) > _MOST_OF_SLOW
    more = balanced(dataset.test, MOST_TEST_IMAGES, seed) if slow else ()
    test = more[:_MOST_OF_SLOW] or dataset.test
    shown = balanced(_of_classes(showing, dataset.classes), MOST_TEST_IMAGES, seed) if showing else test
    source = calibration.resolve().name if calibration else f"{dataset.name}: training images"
    return Images(chosen, source, test, shown, told=_told(calibrating, showing), more=more)


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
    showing, calibrating = _photographs(given, FOR_PROOF), _photographs(calibration or given, FOR_CALIBRATION)
    shown, labelled = _with_labels(showing, labels)
    folders = () if labelled else showing.class_folders
    test = balanced(shown, MOST_TEST_IMAGES, seed)
    calibration_images = balanced(_with_labels(calibrating, labels)[0], CALIBRATION_IMAGES, seed)
    return Images(calibration_images, calibrating.folder.resolve().name, test, test, labelled, folders, _told(calibrating, showing))


def _photographs(folder: Path, wanted: Sequence[Split]) -> Photographs:
    """Return the photographs of a folder, with splits or without."""
    if not folder.is_dir():
        raise DataError(f"there is no such folder. Received: {folder}", hint="an image folder holds photographs, in class folders or not")
    found = photographs_in(folder, *wanted)
    if not found.files:
        told = "; ".join(map(str, found.left_out)) or "an image folder holds .jpg or .png files, in class folders or not"
        raise DataError(f"no images there. Received: {folder}", hint=told)
    return found


def _told(calibrating: Photographs | None, showing: Photographs | None) -> tuple[str, ...]:
    purposes = ((showing, " to be compared on"), (calibrating, " to calibrate int8"))
    return tuple(dict.fromkeys(line for folder, purpose in purposes if folder for line in folder.told(purpose)))


def _of_classes(found: Photographs, classes: tuple[str, ...]) -> tuple[Example, ...]:
    matched = match_folders(found.class_folders, classes)
    if not matched.indexes:
        there = both_lists(matched.unknown, classes)
        raise DataError(f"no images of the run's classes. Received: {found.root} ({there})", hint="the folder holds a folder for each class")
    return _labelled(found, matched)


def _with_labels(found: Photographs, labels: tuple[str, ...]) -> tuple[tuple[Example, ...], bool]:
    """Return a folder's images, and whether their folders are labels; without labels all count as one class."""
    matched = match_folders({found.class_folder(path) for path in found.files}, labels)
    if not matched.unknown:
        return _labelled(found, matched), True
    if matched.indexes:
        raise DataError(
            f"some class folders are no labels, or the name of two. Received: {', '.join(matched.unknown[:5])} in {found.root} "
            f"({both_lists(sorted([*matched.indexes, *matched.unknown]), labels)})",
            hint="rename them, or take photographs without folders",
        )
    return tuple(Example(_picture(found, path), 0) for path in found.files), False


def _labelled(found: Photographs, matched: Matched) -> tuple[Example, ...]:
    """Return the images in folders that are labels, class by class."""
    labels = [(path, matched.indexes.get(found.class_folder(path))) for path in found.files]
    examples = [Example(_picture(found, path), label) for path, label in labels if label is not None]
    return tuple(sorted(examples, key=lambda example: example.label))


def _picture(found: Photographs, path: Path) -> FilePicture:
    return FilePicture(path, path.relative_to(found.folder).as_posix())
