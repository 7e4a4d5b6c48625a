"""The photographs that a command takes of a folder that is no data set of its own: all of them, or one split's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.datasets.listing import list_folder
from edgekit.datasets.splits import Split, layout_of

if TYPE_CHECKING:
    from pathlib import Path

    from edgekit.spec.left_out import LeftOut

FOR_PROOF = (Split.TEST, Split.VALIDATION, Split.TRAIN)
FOR_CALIBRATION = (Split.TRAIN, Split.VALIDATION, Split.TEST)


@dataclass(frozen=True, slots=True)
class Photographs:
    """``files`` are sorted; the folders of classes, if there are any, stand in ``root``, which is ``folder`` or below it."""

    folder: Path
    root: Path
    files: tuple[Path, ...]
    left_out: tuple[LeftOut, ...] = ()

    def class_folder(self, path: Path) -> str:
        """Return the name of the folder in ``root`` that a file lies in, or the file's own."""
        return path.relative_to(self.root).parts[0]

    @property
    def class_folders(self) -> tuple[str, ...]:
        """The names of the folders in ``root`` that hold photographs, sorted."""
        return tuple(sorted({self.class_folder(path) for path in self.files if path.parent != self.root}))

    def told(self, purpose: str = "") -> list[str]:
        """Return what is to be said of the choice; ``purpose`` is the end of a sentence: what they are taken for."""
        split = (
            []
            if self.root == self.folder
            else [f"{self.folder} holds splits: the photographs of {self.root.relative_to(self.folder)}/ are taken{purpose}"]
        )
        return split + [f"{self.folder}: {entry}" for entry in self.left_out]


def photographs_in(folder: Path, *wanted: Split) -> Photographs:
    """Return the photographs of the first split in ``wanted`` that the folder holds; all of them where it holds none.

    Raises:
        DataError: a folder cannot be read, or several could be one split.

    """
    listing = list_folder(folder)
    layout = layout_of(listing) if wanted else None
    root = next((root for split in wanted if layout and (root := layout.roots.get(split) or layout.flat.get(split))), folder)
    files = tuple(path for path in listing.photographs if path.is_relative_to(root))
    return Photographs(folder, root, files, listing.left_out)
