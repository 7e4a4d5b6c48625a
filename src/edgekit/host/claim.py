"""Who works on a file or folder: a lock that the operating system takes back when a process ends, however it ends.

The lock is flock(2)'s, on the file or folder itself. Where a file system or an operating system has none nothing is locked, and nothing
is taken for left behind.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    import re


def claimed(handle: int, path: str) -> bool:
    """Lock the open file or folder for as long as ``handle`` is open; return whether ``path`` is still it: a sweep may have been faster."""
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return _is(handle, path)


def sweep(folder: Path, names: re.Pattern[str]) -> None:
    """Remove the files and folders in ``folder`` whose whole name fits ``names`` and that no living process has `claimed`."""
    if sys.platform == "win32":
        return
    with suppress(OSError), os.scandir(folder) as entries:
        found = [entry.path for entry in entries if names.fullmatch(entry.name)]
        for path in found:
            _remove(path)


def _remove(path: str) -> None:
    with suppress(OSError):
        kind = os.lstat(path).st_mode
        if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
            return
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is(handle, path):
                shutil.rmtree(path, ignore_errors=True) if stat.S_ISDIR(kind) else Path(path).unlink()
        finally:
            os.close(handle)


def _is(handle: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.lstat(path))
    except FileNotFoundError:
        return False
