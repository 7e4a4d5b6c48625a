"""An image folder as a data set: ``ROOT/train/<class>/*`` and ``ROOT/test/<class>/*``, or ``ROOT/<class>/*``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.datasets.dataset import Dataset, Example
from edgekit.datasets.decode import SUFFIXES, decode
from edgekit.datasets.selection import split_off
from edgekit.errors import DataError, ImageError
from edgekit.store.labels import unfit

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

TEST_SHARE = 0.2
_LAYOUT_HINT = "an image folder is ROOT/train/<class>/*.jpg and ROOT/test/<class>/*.jpg; `edgekit data sample DIR` writes one"


@dataclass(frozen=True, slots=True)
class FilePicture:
    """An image file; ``name`` is its path below the data set's root."""

    path: Path
    name: str

    def content(self) -> bytes:
        """Return the file's bytes."""
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise ImageError(
                f"an image cannot be read. Received: {self.path} ({error.strerror})", hint="is it there still, and may it be read?"
            ) from error

    def decoded(self, content: bytes) -> NDArray[np.uint8]:
        """Return uint8 (height, width, 3), RGB, of the file's bytes."""
        return decode(content, name=self.name)

    def pixels(self) -> NDArray[np.uint8]:
        """Return uint8 (height, width, 3), RGB."""
        return decode(self.path)


def open_folder(root: Path, *, seed: int = 0) -> Dataset:
    """Read the structure of an image folder; no image is opened.

    Without ``test/``, a stratified fifth of the images becomes the test split, chosen by ``seed``.

    Raises:
        DataError: the folder is missing, empty, or has fewer than two classes.

    """
    if not root.is_dir():
        raise DataError(f"there is no such folder. Received: {root}", hint=_LAYOUT_HINT)
    train_root = root / "train" if (root / "train").is_dir() else root
    classes = class_folders(train_root)
    if train_root == root:
        classes = tuple(name for name in classes if name != "test")
    if not classes:
        raise DataError(f"the folder has no class folders in it. Received: {train_root}", hint=_LAYOUT_HINT)
    if len(classes) < 2:
        raise DataError(f"a classifier needs two classes or more. Received: one ({classes[0]}) in {train_root}", hint=_LAYOUT_HINT)
    for name in classes:
        if unfit(name):
            raise DataError(f"the name of a class {unfit(name)}. Received: {name} in {train_root}", hint="rename the folder")
    train = examples_below(train_root, classes, root)
    _refuse_empty_classes(train, classes, train_root)
    if (root / "test").is_dir():
        _refuse_unknown_classes(root / "test", classes)
        return _dataset(root, classes, train, examples_below(root / "test", classes, root), "given")
    rest, test = split_off(train, TEST_SHARE, seed)
    return _dataset(root, classes, rest, test, "seeded")


def class_folders(root: Path) -> tuple[str, ...]:
    """Return the names of the folders below ``root``, sorted: the class order."""
    return tuple(sorted(_told(path, root).name for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")))


def examples_below(root: Path, classes: tuple[str, ...], base: Path) -> tuple[Example, ...]:
    """Return the images of ``root/<class>``, class by class, sorted by name; missing class folders are empty."""
    return tuple(
        Example(FilePicture(path, path.relative_to(base).as_posix()), label)
        for label, name in enumerate(classes)
        if (root / name).is_dir()
        for path in image_files(root / name)
    )


def image_files(folder: Path) -> list[Path]:
    """Return the image files below ``folder`` at any depth, sorted; hidden files and folders, such as thumbnails', are left out."""
    return sorted(
        _told(path, folder)
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def _told(path: Path, folder: Path) -> Path:
    """Return the path if its name below the folder is text: records and reports name images by it."""
    name = path.relative_to(folder).as_posix()
    try:
        name.encode()
    except UnicodeEncodeError as error:
        shown = name.encode("utf-8", "backslashreplace").decode()
        raise DataError(f"a name that is not UTF-8. Received: {shown} in {folder.name}", hint="rename it") from error
    return path


def _dataset(root: Path, classes: tuple[str, ...], train: tuple[Example, ...], test: tuple[Example, ...], split: str) -> Dataset:
    if not test:
        raise DataError(f"there are no test images. Received: {root}", hint="put some images of each class into ROOT/test/<class>")
    return Dataset(root.resolve().name, str(root.resolve()), classes, train, test, split)


def _refuse_empty_classes(examples: tuple[Example, ...], classes: tuple[str, ...], root: Path) -> None:
    present = {example.label for example in examples}
    empty = [name for label, name in enumerate(classes) if label not in present]
    if empty:
        raise DataError(
            f"class folders without images. Received: {', '.join(empty[:5])}{' …' if len(empty) > 5 else ''} in {root}",
            hint=f"images are files that end in {', '.join(sorted(SUFFIXES))}",
        )


def _refuse_unknown_classes(test_root: Path, classes: tuple[str, ...]) -> None:
    unknown = [name for name in class_folders(test_root) if name not in classes]
    if unknown:
        raise DataError(
            f"test/ has classes that train/ does not have. Received: {', '.join(unknown[:5])} in {test_root}",
            hint="class folders must have the same names in both splits",
        )
