"""Writing files and folders so that a reader sees the old state or the new one, never a part."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from edgekit.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Translate the operating system's errors while ``path`` is written into a `StoreError`."""
    try:
        yield
    except OSError as error:
        full = error.errno in _FULL
        raise StoreError(
            f"{path} cannot be written ({error.strerror or error})",
            hint="the disk is full, or a size limit is reached: free some space, or write elsewhere"
            if full
            else "check the folder's rights, or write elsewhere",
        ) from error


def write_whole(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``: a temporary sibling first, then one rename."""
    with whole_file(path) as file:
        file.write(data)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a file to write that becomes ``path`` when the block ends without an error."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            _share(temporary)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise


@contextmanager
def staged_folder(parent: Path, name: str) -> Iterator[StagedFolder]:
    """Yield a hidden folder in ``parent`` that becomes ``parent/name`` when the block ends without an error.

    A finished folder is never overwritten: the next is ``name-2``. On an error, and on an interruption, nothing
    is left behind.
    """
    with writing(parent):
        parent.mkdir(parents=True, exist_ok=True)
        staged = StagedFolder(parent, name)
    try:
        yield staged
        with writing(parent / name):
            _share(staged.path)
            staged.publish()
    except BaseException:
        shutil.rmtree(staged.path, ignore_errors=True)
        raise


class StagedFolder:
    """A folder under construction: write below ``path``; ``final`` is where it stands in the end."""

    def __init__(self, parent: Path, name: str) -> None:
        self.path = parent / os.path.basename(tempfile.mkdtemp(dir=parent, prefix=f".{name}.partial-"))
        self.final = parent / name

    def publish(self) -> None:
        """Rename to the first free name. A rename onto an existing folder fails unless that one is empty."""
        self.final = free_name(self.final)
        os.rename(self.path, self.final)


def free_name(path: Path, *, suffix: str = "") -> Path:
    """Return ``path``, or the first of ``path-2``, ``path-3``, … (before ``suffix``) that does not exist."""
    candidate, number = path, 1
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.name.removesuffix(suffix)}-{number}{suffix}")
    return candidate


def _share(path: str | Path) -> None:
    """Give what tempfile made private the rights that a plain file or folder would have had."""
    mask = os.umask(0)
    os.umask(mask)
    os.chmod(path, (0o777 if os.path.isdir(path) else 0o666) & ~mask)
