"""Too little memory: said in one line, whichever library was the first to miss it."""

from __future__ import annotations

import errno
import mmap
import sys
from typing import TYPE_CHECKING

from edgekit.errors import EdgekitError
from edgekit.host.cpu import usable_threads

if TYPE_CHECKING:
    from collections.abc import Iterator

HINT = "close other programs, raise the limit if there is one (`ulimit -v`), or take a machine with more"
_MEGABYTE = 1024 * 1024
# OpenBLAS, which NumPy brings, reserves this for each thread as it is loaded; where it does not get it, it ends the process past Python.
_LIBRARIES_MB, _THREAD_MB, _MOST_THREADS = 64, 48, 64
# What libraries call it that have no error of their own for it: the loader, Python's threads, C++, TensorFlow.
_WORDS = (
    "failed to map segment",
    "cannot allocate memory",
    "can't start new thread",
    "std::bad_alloc",
    "bad allocation",
    "out of memory",
    "oom when allocating",
    "failed to allocate memory",
)


def check_room() -> None:
    """Raise an `EdgekitError` where not even the libraries that every command needs find room: they could not say it themselves."""
    needed = _LIBRARIES_MB + _THREAD_MB * min(usable_threads(), _MOST_THREADS)
    if sys.platform != "win32" and not _has_room(needed * _MEGABYTE):
        raise EdgekitError(f"there is too little memory to begin with: {needed} MB more are needed", hint=HINT)


def _has_room(count: int) -> bool:
    """Whether so many bytes could be had; nothing is taken."""
    if sys.platform == "win32":
        return True
    try:
        mmap.mmap(-1, count, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
    except (OSError, MemoryError, ValueError):
        return False
    return True


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error, or what caused it, comes from want of memory."""
    return any(
        isinstance(each, MemoryError)
        or (isinstance(each, OSError) and each.errno == errno.ENOMEM)
        or any(word in str(each).lower() for word in _WORDS)
        for each in _causes(error)
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__
