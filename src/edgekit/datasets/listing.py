"""The one way to list the photographs of a folder: what is one, what is a system's own, and where links lead."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.datasets.formats import OTHER, suffixes, unread_kind
from edgekit.errors import DataError
from edgekit.spec.left_out import LeftOut, some_of

if TYPE_CHECKING:
    from collections.abc import Iterator

# Folders that systems keep beside photographs, in lower case; names that begin with a dot are hidden ones anyway.
_METADATA_FOLDERS = frozenset(
    (
        *("@eadir", "@tmp", "@recycle", "@recently-snapshot", "@sharebin", "#recycle", "#snapshot", "__macosx", "$recycle.bin", "recycler"),
        *("system volume information", "lost+found", "lost.dir", "found.000", "__pycache__"),
    )
)
_METADATA_FILES = frozenset(("thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "picasa.ini", "icon\r"))
# What a version control keeps is neither photographs nor thumbnails, and may be very much.
_NOT_ENTERED = frozenset((".git", ".svn", ".hg", ".datalad"))


@dataclass(frozen=True, slots=True)
class Listing:
    """The photographs below ``root`` at any depth, sorted, the folders there, and what is no photograph that can be read."""

    root: Path
    photographs: tuple[Path, ...]
    folders: tuple[Path, ...]
    left_out: tuple[LeftOut, ...]

    def names(self, folder: Path) -> tuple[str, ...]:
        """Return the names of the folders in ``folder``, sorted: the class order."""
        return tuple(sorted(_told(path, self.root).name for path in self.folders if path.parent == folder))

    def by_folder(self, folder: Path) -> dict[str, list[Path]]:
        """Return the photographs below ``folder`` by the name of the folder in it, in their order; those in itself by an empty name."""
        found: dict[str, list[Path]] = defaultdict(list)
        depth = len(folder.parts)
        for path in self.photographs:
            if path.parts[:depth] == folder.parts:
                found[path.parts[depth] if len(path.parts) > depth + 1 else ""].append(path)
        return found


def list_folder(root: Path) -> Listing:
    """Look through a folder; no file is opened.

    Hidden files and folders, and those that systems keep for thumbnails and the like, hold no photographs. A linked folder is
    followed once: not if what it leads to is below ``root``, above it, or was reached already.

    Raises:
        DataError: a folder cannot be read, or a name is not UTF-8.

    """
    walk = _Walk(root)
    walk.enter(root)
    while walk.links:
        links, walk.links = sorted(walk.links), []
        for link in links:
            walk.follow(link)
    photographs = sorted(_told(path, root) for path in walk.photographs)
    return Listing(root, tuple(photographs), tuple(sorted(walk.folders)), walk.left_out())


class _Walk:
    """One pass over a folder. ``links`` are the linked folders that were met and not followed yet."""

    def __init__(self, root: Path) -> None:
        self.photographs: list[Path] = []
        self.folders: list[Path] = []
        self.links: list[Path] = []
        self._root = root
        self._entered = {_identity(path) for path in root.resolve().parents}
        self._unread: dict[str, Counter[str]] = defaultdict(Counter)
        self._thumbnails: Counter[str] = Counter()
        self._again: list[str] = []
        self._irregular: Counter[str] = Counter()

    def enter(self, top: Path) -> None:
        self._entered.add(_identity(top))
        within = [top]
        while within:
            for entry in _entries(within.pop()):
                if entry.is_dir():
                    within += self._folder(entry)
                else:
                    self._file(entry)

    def follow(self, link: Path) -> None:
        if _identity(link) in self._entered:
            self._again.append(link.relative_to(self._root).as_posix())
            return
        self.folders.append(link)
        self.enter(link)

    def _folder(self, entry: os.DirEntry[str]) -> list[Path]:
        """Return the folder if it is to be entered now."""
        path = Path(entry.path)
        if entry.name.startswith(".") or entry.name.casefold() in _METADATA_FOLDERS:
            if not entry.is_symlink() and entry.name not in _NOT_ENTERED:
                self._thumbnails[entry.name] += _photographs_in_metadata(path)
        elif entry.is_symlink():
            self.links.append(path)
        elif (identity := _identity(path)) not in self._entered:
            self._entered.add(identity)
            self.folders.append(path)
            return [path]
        return []

    def _file(self, entry: os.DirEntry[str]) -> None:
        suffix = Path(entry.name).suffix.lower()
        if entry.name.startswith("."):
            self._thumbnails["hidden files"] += suffix in suffixes()
        elif entry.name.casefold() in _METADATA_FILES:
            return
        elif not entry.is_file():
            self._irregular["broken link" if entry.is_symlink() else "pipe or device"] += 1
        elif suffix in suffixes():
            self.photographs.append(Path(entry.path))
        else:
            self._unread[unread_kind(suffix)[0]][suffix] += 1

    def left_out(self) -> tuple[LeftOut, ...]:
        """Return what is not among the photographs, by kind."""
        found = []
        for kind, endings in sorted(self._unread.items(), key=lambda pair: (pair[0] == OTHER, pair[0])):
            where = f"({some_of([ending or 'no ending' for ending in sorted(endings)])})" if kind == OTHER else ""
            found.append(LeftOut(count=endings.total(), what=kind, where=where, hint=unread_kind(next(iter(endings)))[1]))
        places = [name for name, count in sorted(self._thumbnails.items()) if count]
        if places:
            where = f"in {some_of(places)}"
            found.append(LeftOut(count=self._thumbnails.total(), what="system file", where=where, hint="thumbnails and the like, no photographs"))
        found += [LeftOut(count=count, what=what, hint="there is no file to read") for what, count in sorted(self._irregular.items())]
        if self._again:
            where = f"({some_of(self._again)})"
            found.append(LeftOut(count=len(self._again), what="linked folder", where=where, hint="the photographs there are counted already"))
        return tuple(found)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except OSError as error:
        raise DataError(f"a folder cannot be read. Received: {folder} ({error.strerror})", hint="is it there still, and may it be read?") from error


def _photographs_in_metadata(folder: Path) -> int:
    return sum(Path(file).suffix.lower() in suffixes() for _, _, files in os.walk(folder) for file in files)


def _identity(folder: Path) -> tuple[int, int]:
    """Return what tells a folder from all others, by whatever path it is reached."""
    try:
        status = folder.stat()
    except OSError as error:
        raise DataError(f"a folder cannot be read. Received: {folder} ({error.strerror})", hint="is it there still, and may it be read?") from error
    return status.st_dev, status.st_ino


def _told(path: Path, root: Path) -> Path:
    """Return the path if its name below the root is text: records and reports name images by it."""
    name = path.relative_to(root).as_posix()
    try:
        name.encode()
    except UnicodeEncodeError as error:
        shown = name.encode("utf-8", "backslashreplace").decode()
        raise DataError(f"a name that is not UTF-8. Received: {shown} in {root.name}", hint="rename it") from error
    return path
