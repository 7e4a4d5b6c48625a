"""The door for bytes: regular files alone, of a bounded size, and whatever goes wrong on the way is told in one line."""

from __future__ import annotations

import codecs
import errno
import os
import shutil
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from edgekit.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader
    from pathlib import Path

# A pipe is opened at once, to be refused; a terminal does not become this process' own. Windows has neither.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_KINDS = {stat.S_ISFIFO: "a pipe", stat.S_ISCHR: "a device", stat.S_ISBLK: "a device", stat.S_ISSOCK: "a socket"}
_REASONS = {
    errno.ENOENT: ("there is no such file", "check the path"),
    errno.ENOTDIR: ("there is no such file", "check the path"),
    errno.ELOOP: ("links that lead round in a circle", "put the file itself there"),
    errno.ENAMETOOLONG: ("no file has so long a name", "check the path"),
    errno.EACCES: ("a file that may not be read", "check its rights"),
    errno.EPERM: ("a file that may not be read", "check its rights"),
}
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Translate what the operating system says while ``path`` is read into a `StoreError`."""
    try:
        yield
    except OSError as error:
        what, hint = _REASONS.get(error.errno or 0, (f"it cannot be read ({error.strerror or error})", "copy it to a sound disk"))
        raise StoreError(f"{what}. Received: {path}", hint=hint) from error
    except MemoryError as error:
        raise StoreError(f"there is too little memory to read it. Received: {path}", hint="close other programs") from error
    except ValueError as error:  # a path with a NUL
        raise StoreError(f"no path of a file. Received: {path}", hint="check the path") from error
    except RuntimeError as error:  # what pathlib of Python 3.11 makes of links in a circle
        raise StoreError(f"links that lead round in a circle. Received: {path}", hint="put the file itself there") from error


@contextmanager
def opened(path: Path) -> Iterator[BufferedReader]:
    """Open a regular file, or a link to one, for reading.

    Raises:
        StoreError: it is missing, or something else: a folder, a pipe, a device. None of them is waited for.

    """
    with reading(path):
        handle = os.open(path, _FLAGS)
    try:
        _refuse_other_kinds(os.fstat(handle).st_mode, path)
        file = os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise
    with file:
        yield file


def _refuse_other_kinds(mode: int, path: Path) -> None:
    if stat.S_ISDIR(mode):
        raise StoreError(f"a folder, where a file is needed. Received: {path}", hint="give the file itself")
    if not stat.S_ISREG(mode):
        kind = next((name for is_one, name in _KINDS.items() if is_one(mode)), "something else")
        raise StoreError(f"{kind}, where a file is needed. Received: {path}", hint="copy the content into a file")


def read_bytes(path: Path, most_bytes: int) -> bytes:
    """Return the bytes of a regular file; one above ``most_bytes`` is refused, and never read further than that."""
    with opened(path) as file, reading(path):
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise StoreError(
            f"a file of more than {most_bytes:,} bytes, which is too large here. Received: {path}", hint="is it the file that was meant?"
        )
    return data


def copy(path: Path, target: Path) -> None:
    """Copy a regular file, or what a link leads to, into a folder that is made where it is not there.

    Raises:
        StoreError: it is missing, or no regular file.
        OSError: ``target`` cannot be written.

    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with opened(path) as file, target.open("xb") as made:
        shutil.copyfileobj(file, made)


def text_of(data: bytes, name: str) -> str:
    """Return the text of UTF-8 bytes, without the mark that Windows' programs put in front; ``name`` stands for them.

    Raises:
        StoreError: they are no UTF-8.

    """
    if data.startswith(_WIDE):
        raise StoreError(
            f"text in UTF-16, where UTF-8 is needed. Received: {name}", hint="save it again as UTF-8: Windows' Notepad calls UTF-16 Unicode"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StoreError(f"text that is no UTF-8 at byte {error.start + 1}. Received: {name}", hint="save it again as UTF-8") from error


def read_text(path: Path, most_bytes: int) -> str:
    """Return the text of a regular file; see `read_bytes` and `text_of`."""
    return text_of(read_bytes(path, most_bytes), str(path))


def inside(folder: Path, name: str) -> Path:
    """Return ``folder/name``, refusing a name that leads out of the folder."""
    path = folder / name
    with reading(path):
        if not path.resolve().is_relative_to(folder.resolve()):
            raise StoreError(f"a record names a file outside its bundle. Received: {name} in {folder}", hint="do not use this bundle")
        if not path.is_file():
            raise StoreError(f"a file of the bundle is missing. Received: {path}", hint="copy the bundle again, or export again")
    return path
