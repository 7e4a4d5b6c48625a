"""Finding measurements on disk."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from edgekit.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_HINT = "`edgekit bench` writes one into results/"


@dataclass(frozen=True, slots=True)
class Found:
    """Result files, and those that were ``passed_over`` on the way: their measurement ended before its first block, and tells nothing yet."""

    paths: Sequence[Path]
    passed_over: tuple[Path, ...] = ()


def newest_begun(folder: Path) -> Path:
    """Return the newest result in ``folder``, whether it has a block or not."""
    return _newest_first(folder)[0]


def find_results(paths: Sequence[Path], default: Path) -> Found:
    """Return the result files that ``paths`` mean, of a folder all that are in it; of no path the newest in ``default``.

    Of a folder only those count that hold a block. A file that is named stands for itself.
    """
    if not paths:
        return _newest(default)
    named, passed_over = [], []
    for path in paths:
        if not path.is_dir():
            named.append(path)
            continue
        whole, empty = _divided(sorted(path.glob("*.jsonl")))
        if not whole:
            raise _nothing(path, empty)
        named += whole
        passed_over += empty
    return Found(list({file.resolve(): file for file in named}.values()), tuple(passed_over))


def _newest(folder: Path) -> Found:
    found = _newest_first(folder)
    for index, path in enumerate(found):
        if _has_block(path):
            return Found([path], tuple(found[:index]))
    raise _nothing(folder, found)


def _newest_first(folder: Path) -> list[Path]:
    found = list(folder.glob("*.jsonl")) if folder.is_dir() else []
    if not found:
        raise _nothing(folder, ())
    return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)


def _nothing(folder: Path, empty: Sequence[Path]) -> StoreError:
    if empty:
        return StoreError(f"no result holds a block yet. Received: {folder}/", hint="`edgekit bench --resume` goes on with the newest")
    return StoreError(f"there is no result. Received: {folder}/", hint=_HINT)


def _divided(paths: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    whole: list[Path] = []
    empty: list[Path] = []
    for path in paths:
        (whole if _has_block(path) else empty).append(path)
    return whole, empty


def _has_block(path: Path) -> bool:
    """Whether a second whole line stands behind the header. What cannot be read, or is no file, is left to its reader to refuse."""
    if not path.is_file():
        return True
    try:
        with path.open("rb") as file:
            return len(list(islice((line for line in file if line.endswith(b"\n") and line.strip()), 2))) == 2
    except OSError:
        return True
