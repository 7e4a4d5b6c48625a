"""Standard streams that were closed, or that refuse: a command does what it is for all the same."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import BinaryIO, TextIO

_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def open_closed_streams() -> None:
    """Lead every standard stream that was closed (``>&-``) to where nothing is.

    Its number is taken too: else the next file that is opened gets it, and what a library prints goes into that file.
    """
    for number, (name, mode) in enumerate(_STREAMS):
        if getattr(sys, name) is not None:
            continue
        nowhere = os.open(os.devnull, os.O_RDWR)
        if not _is_open(number):
            os.dup2(nowhere, number)
        if nowhere != number:
            os.close(nowhere)
        else:
            os.set_inheritable(number, True)
        setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 (until the end)


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


class Forgiving(io.TextIOWrapper):
    """A text stream that drops what cannot be written: the terminal that messages go to may be gone, or the disk full."""

    def write(self, text: str, /) -> int:
        """Write, if that goes."""
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, if that goes."""
        with suppress(OSError):
            super().flush()


def forgiving(file: BinaryIO) -> TextIO:
    """Return a stream of lines into an unbuffered file."""
    return Forgiving(file, encoding="utf-8", errors="replace", line_buffering=True, write_through=True)


def stop_output() -> None:
    """Drop what standard output still holds: it can not be written, and Python would try once more as it ends."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 (until the end)
