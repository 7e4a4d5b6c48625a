"""What is on each photograph, by a table: for images that may show several labels, and for those that lie in no class folders."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from edgekit.datasets.class_names import both_lists, match_folders
from edgekit.datasets.dataset import Example
from edgekit.datasets.file_picture import FilePicture
from edgekit.datasets.formats import suffixes
from edgekit.datasets.photographs import photographs_in
from edgekit.datasets.selection import balanced
from edgekit.errors import DataError
from edgekit.exporting.source.images import MOST_TEST_IMAGES
from edgekit.spec.task import Task
from edgekit.store.files import read_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from edgekit.exporting.source.images import Images
    from edgekit.spec.progress import Progress

_MOST_BYTES = 64 * 1024 * 1024
_SEPARATOR = ";"
_YES, _NO = ("1", "1.0", "true", "yes"), ("0", "0.0", "false", "no", "")
_SHOWN = 3
FORMS = "lines of IMAGE,LABEL;LABEL, or a header IMAGE,LABEL,LABEL… and lines of 0 and 1"


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the table: the image as it is written there, and the labels that it shows."""

    line: int
    image: str
    labels: tuple[str, ...]


def with_truth(images: Images, folder: Path, table: Path, labels: Sequence[str], task: Task, *, progress: Progress) -> Images:
    """Return the images of ``folder`` that ``table`` has a line of, with their labels, in place of the test and golden images.

    Raises:
        DataError: the table cannot be read, has no image of the folder, or lines that are wrong; the first of them are named.

    """
    files = photographs_in(folder).files
    found = _found(_rows(table, labels), files, folder, table, labels, one=task is not Task.MULTILABEL)
    without = len(files) - len(found)
    if without:
        progress.say(f"{without} of {len(files)} images in {folder.name} have no line in {table.name}: they are left out of the comparison")
    names = {path: path.relative_to(folder).as_posix() for path in files if path in found}
    if task is Task.MULTILABEL:
        examples = tuple(Example(FilePicture(path, name), 0) for path, name in names.items())
        truth = {name: found[path] for path, name in names.items()}
    else:
        examples = tuple(Example(FilePicture(path, name), found[path][0]) for path, name in names.items())
        truth = None
    test = balanced(examples, MOST_TEST_IMAGES, 0)
    return replace(images, test=test, golden=test, more=(), labelled=True, folders=(), truth=truth)


def _rows(table: Path, labels: Sequence[str]) -> list[_Row]:
    try:
        lines = list(enumerate(csv.reader(io.StringIO(read_text(table, _MOST_BYTES))), start=1))
    except csv.Error as error:
        raise DataError(f"the table cannot be read. Received: {table} ({error})", hint=FORMS) from error
    cells = [(line, [cell.strip() for cell in row]) for line, row in lines if any(cell.strip() for cell in row)]
    if not cells:
        raise DataError(f"the table is empty. Received: {table}", hint=FORMS)
    header = cells[0][1]
    if PurePosixPath(header[0].lower()).suffix in suffixes():
        return [_listed(line, row, table) for line, row in cells]
    if len(header) > 2 or match_folders(header[1:], labels).indexes:
        _refuse_columns(header[1:], labels, table)
        return [_marked(line, row, header, table) for line, row in cells[1:]]
    return [_listed(line, row, table) for line, row in cells[1:]]


def _refuse_columns(columns: Sequence[str], labels: Sequence[str], table: Path) -> None:
    matched = match_folders(columns, labels)
    if matched.unknown or len(set(matched.indexes.values())) < len(labels) or len(set(columns)) < len(columns):
        shown = both_lists(columns, labels).replace("folders:", "columns:", 1)
        raise DataError(
            f"the table's columns are not the labels. Received: {table} ({shown})", hint="a column for each label, behind that of the image"
        )


def _listed(line: int, row: Sequence[str], table: Path) -> _Row:
    if len(row) > 2:
        raise DataError(f"line {line} has {len(row)} cells. Received: {table}", hint=f"{FORMS}; labels with a comma stand in quotes")
    return _Row(line, row[0], tuple(label.strip() for label in (row[1] if len(row) > 1 else "").split(_SEPARATOR) if label.strip()))


def _marked(line: int, row: Sequence[str], header: Sequence[str], table: Path) -> _Row:
    if len(row) != len(header):
        raise DataError(f"line {line} has {len(row)} cells, the header {len(header)}. Received: {table}", hint=FORMS)
    strange = [cell for cell in row[1:] if cell.lower() not in (*_YES, *_NO)]
    if strange:
        raise DataError(f"line {line} has {strange[0]!r} where 0 or 1 is wanted. Received: {table}", hint=FORMS)
    return _Row(line, row[0], tuple(label for label, cell in zip(header[1:], row[1:], strict=True) if cell.lower() in _YES))


def _found(
    rows: Sequence[_Row], files: Sequence[Path], folder: Path, table: Path, labels: Sequence[str], *, one: bool
) -> Mapping[Path, tuple[int, ...]]:
    """Return the labels of each file; raise `DataError` with the lines that do not fit."""
    indexes = match_folders({label for row in rows for label in row.labels}, labels).indexes
    places = _Places(files, folder, table)
    found: dict[Path, tuple[int, ...]] = {}
    wrong: list[str] = []
    for row in rows:
        path = places.of(row.image)
        problem = _problem(row, path, indexes, found, one=one)
        if problem or path is None:
            wrong.append(f"line {row.line}: {problem}")
        else:
            found[path] = tuple(sorted({indexes[label] for label in row.labels}))
    if wrong:
        more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        raise DataError(
            f"{len(wrong)} of {len(rows)} lines do not fit: {'; '.join(wrong[:_SHOWN])}{more}. Received: {table}",
            hint=f"images are named as below {folder}; labels are: {', '.join(labels[:8])}{' …' if len(labels) > 8 else ''}",
        )
    if not found:
        raise DataError(f"the table has no line of an image. Received: {table}", hint=FORMS)
    return found


def _problem(row: _Row, path: Path | None, indexes: Mapping[str, int], found: Iterable[Path], *, one: bool) -> str:
    if path is None:
        return f"no such image, or several of this name: {row.image}"
    if path in found:
        return f"{row.image} for the second time"
    unknown = [label for label in row.labels if label not in indexes]
    if unknown:
        return f"no such label: {unknown[0]}"
    return f"{row.image} has {len(row.labels)} labels, one is wanted" if one and len(row.labels) != 1 else ""


class _Places:
    """Files by the names that a table may have for them: below the folder, beside the table, or the file's name alone."""

    def __init__(self, files: Sequence[Path], folder: Path, table: Path) -> None:
        self._by_path = {path.resolve(): path for path in files}
        self._bases = (folder.resolve(), table.parent.resolve(), Path.cwd())
        self._by_name: dict[str, list[Path]] = defaultdict(list)
        for path in files:
            self._by_name[path.name].append(path)

    def of(self, name: str) -> Path | None:
        """Return the file that is meant; ``None`` where there is none, or there are several."""
        plain = name.replace("\\", "/")
        by_path = next((self._by_path[path] for base in self._bases if (path := (base / plain).resolve()) in self._by_path), None)
        named = self._by_name.get(PurePosixPath(plain).name, [])
        return by_path or (named[0] if len(named) == 1 and "/" not in plain else None)
