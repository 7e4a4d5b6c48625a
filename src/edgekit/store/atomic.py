"""Writing files and folders so that a reader sees the old state or the new one, never a part.

What is being written has a hidden name beside the final one, and a lock. What a killed process left has none: it is removed when something is
written into the same folder again.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from edgekit.errors import StoreError
from edgekit.host.claim import claimed, sweep

if TYPE_CHECKING:
    from collections.abc import Iterator

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# The random part is as `tempfile` makes it.
_PARTIAL = re.compile(r"\..*\.partial-[a-z0-9_]{8}", re.DOTALL)
# Of at most 255 bytes a name may have: room for what is put around it.
_MOST_NAME_BYTES = 200


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


def sweep_partial(folder: Path) -> None:
    """Remove what killed processes left half written in ``folder``."""
    sweep(folder, _PARTIAL)


def write_whole(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``: a temporary sibling first, then one rename."""
    with whole_file(path) as file:
        file.write(data)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a file to write that becomes ``path`` when the block ends without an error."""
    with partial_file(path) as (temporary, file):
        yield file
        file.flush()
        os.fsync(file.fileno())
        _share(temporary)
        file.close()  # Windows renames no open file
        os.replace(temporary, path)


def write_new(path: Path, data: bytes, *, numbered: bool) -> Path:
    """Write ``data`` to a file that is not there yet, whole or not at all; ``numbered``: under the first name that is free.

    Raises:
        StoreError: it cannot be written, or is there already.

    """
    with partial_file(path) as (temporary, file):
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        _share(temporary)
        while True:
            final = free_name(path, suffix=path.suffix) if numbered else path
            try:
                _link(temporary, final)
            except FileExistsError:
                if not numbered:
                    raise
            else:
                return final


def _link(temporary: str, final: Path) -> None:
    """Give a file another name, which must be free."""
    try:
        os.link(temporary, final)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        final.open("xb").close()
        os.replace(temporary, final)


@contextmanager
def partial_file(path: Path) -> Iterator[tuple[str, BinaryIO]]:
    """Yield a hidden sibling of ``path`` and the open file; when the block ends it is removed, if it still has that name."""
    with writing(path), ExitStack() as stack:
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep_partial(path.parent)
        while True:
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=_prefix(path.name))
            file = os.fdopen(handle, "wb")
            if claimed(handle, temporary):
                break
            file.close()
        # The lock lives as long as any copy of the handle: until the file has its final name.
        stack.callback(os.close, os.dup(handle))
        stack.callback(_unlink, temporary)
        with file:
            yield temporary, file


@contextmanager
def staged_folder(parent: Path, name: str) -> Iterator[StagedFolder]:
    """Yield a hidden folder in ``parent`` that becomes ``parent/name`` when the block ends without an error.

    A finished folder is never overwritten: the next is ``name-2``. On an error, and on an interruption, nothing
    is left behind.
    """
    with writing(parent):
        parent.mkdir(parents=True, exist_ok=True)
        sweep_partial(parent)
        staged = StagedFolder(parent, name)
    try:
        yield staged
        with writing(parent / name):
            _share(staged.path)
            staged.publish()
    except BaseException:
        shutil.rmtree(staged.path, ignore_errors=True)
        raise
    finally:
        staged.close()


class StagedFolder:
    """A folder under construction: write below ``path``; ``final`` is where it stands in the end."""

    def __init__(self, parent: Path, name: str) -> None:
        self.path, self._lock = claimed_folder(parent, _prefix(name))
        self.final = parent / name

    def publish(self) -> None:
        """Rename to the first free name. A rename onto an existing folder fails unless that one is empty."""
        self.final = free_name(self.final)
        os.rename(self.path, self.final)

    def close(self) -> None:
        """Give the lock back."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def claimed_folder(parent: Path, prefix: str) -> tuple[Path, int | None]:
    """Make a folder with a free name that begins with ``prefix``; return it with the open handle that locks it, if it can be locked."""
    while True:
        path = parent / os.path.basename(tempfile.mkdtemp(dir=parent, prefix=prefix))
        try:
            handle = os.open(path, os.O_RDONLY)
        except PermissionError:  # Windows opens no folders
            return path, None
        except FileNotFoundError:
            continue
        if claimed(handle, str(path)):
            return path, handle
        os.close(handle)


def free_name(path: Path, *, suffix: str = "") -> Path:
    """Return ``path``, or the first of ``path-2``, ``path-3``, … (before ``suffix``) that does not exist."""
    candidate, number = path, 1
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.name.removesuffix(suffix)}-{number}{suffix}")
    return candidate


def _prefix(name: str) -> str:
    return f".{os.fsdecode(os.fsencode(name)[:_MOST_NAME_BYTES])}.partial-"


def _unlink(temporary: str) -> None:
    Path(temporary).unlink(missing_ok=True)


def _share(path: str | Path) -> None:
    """Give what tempfile made private the rights that a plain file or folder would have had."""
    mask = os.umask(0)
    os.umask(mask)
    os.chmod(path, (0o777 if os.path.isdir(path) else 0o666) & ~mask)
