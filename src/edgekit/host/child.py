"""Child processes that end with this one, however that ends: by its own will, by Ctrl-C, or killed past Python.

Linux ends a child itself (``PR_SET_PDEATHSIG``, prctl(2)). Everywhere else a child that calls `end_with_parent` notices the end of a pipe
that nothing but its parent holds open; it sleeps in the reading of it, and disturbs no measurement.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_LIFELINE = "EDGEKIT_LIFELINE"
_PR_SET_PDEATHSIG = 1
_PARENT_GONE = 1


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended: ``status`` as `subprocess` tells it (negative: by a signal), and all that it wrote."""

    status: int
    out: bytes
    err: bytes


def ask(command: Sequence[str], question: bytes = b"", *, limit_s: float, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Ended:
    """Run ``command`` until it ends, with ``question`` on its standard input. This process sleeps meanwhile.

    Raises:
        OSError: it cannot be started.
        TimeoutExpired: it did not end within ``limit_s``, and was killed.

    """
    reader, writer = os.pipe()
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env={**(os.environ if env is None else env), _LIFELINE: str(reader)},
            preexec_fn=_ended_with_this_one(),  # noqa: PLW1509 (one system call, looked up before; there is no other way before exec)
            pass_fds=() if sys.platform == "win32" else (reader,),
        )
        with child:
            try:
                out, err = child.communicate(question, timeout=limit_s)
            except BaseException:
                child.kill()
                raise
    finally:
        os.close(reader)
        os.close(writer)
    return Ended(child.returncode, out, err)


def end_with_parent() -> None:
    """In a child that `ask` started: end at once when its parent is gone."""
    lifeline = os.environ.pop(_LIFELINE, "")
    if lifeline:
        threading.Thread(target=_wait_for_end, args=(int(lifeline),), daemon=True).start()


def _wait_for_end(lifeline: int) -> NoReturn:
    try:
        while os.read(lifeline, 1):
            pass
    finally:
        os._exit(_PARENT_GONE)


def _ended_with_this_one() -> Callable[[], None] | None:
    """Return what a child has to do before it becomes another program; ``None`` where the operating system has no such thing."""
    if sys.platform != "linux":
        return None
    parent, prctl = os.getpid(), ctypes.CDLL(None).prctl

    def bind() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL.value, 0, 0, 0)
        if os.getppid() != parent:  # it was gone before
            os._exit(_PARENT_GONE)

    return bind
