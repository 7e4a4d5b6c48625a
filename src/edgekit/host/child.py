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
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

_LIFELINE = "EDGEKIT_LIFELINE"
_PR_SET_PDEATHSIG = 1
_PARENT_GONE = 1
_MOST_TOLD = 500


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended: ``status`` as `subprocess` tells it (negative: by a signal), and all that it wrote."""

    status: int
    out: bytes
    err: bytes

    @property
    def told(self) -> str:
        """How it ended in words, with the last line that it wrote."""
        last = self.err.decode("utf-8", "replace").strip().splitlines()[-1:]
        if self.status < 0:
            how = f"the process was killed by signal {-self.status} ({_signal_name(-self.status)})"
        else:
            how = f"the process ended with status {self.status}"
        return " ".join([how, *last])[:_MOST_TOLD]


def ask(
    command: Sequence[str],
    question: bytes = b"",
    *,
    limit_s: float,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    memory_bytes: int | None = None,
) -> Ended:
    """Run ``command`` until it ends, with ``question`` on its standard input. This process sleeps meanwhile.

    Raises:
        OSError: it cannot be started.
        TimeoutExpired: it did not end within ``limit_s``, and was killed.

    """
    with started(command, env=env, cwd=cwd, memory_bytes=memory_bytes) as child:
        out, err = child.communicate(question, timeout=limit_s)
    return Ended(child.returncode, out, err)


@contextmanager
def started(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    memory_bytes: int | None = None,
    err: IO[bytes] | int = subprocess.PIPE,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start ``command``, which ends with this process, and at the latest with the block: by itself, or killed where the block raises.

    ``memory_bytes`` is how much memory of its own it may hold, where the operating system can be asked for that (Linux). On Linux it ends
    with the thread that started it, too.
    """
    reader, writer = os.pipe()
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=err,
            cwd=cwd,
            env={**(os.environ if env is None else env), _LIFELINE: str(reader)},
            preexec_fn=_prepared(memory_bytes),  # noqa: PLW1509 (two system calls, looked up before; there is no other way before exec)
            pass_fds=() if sys.platform == "win32" else (reader,),
        )
        with child:
            try:
                yield child
            except BaseException:
                child.kill()
                raise
    finally:
        os.close(reader)
        os.close(writer)


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


def _prepared(memory_bytes: int | None) -> Callable[[], None] | None:
    """Return what a child has to do before it becomes another program; ``None`` where the operating system has no such thing."""
    if sys.platform != "linux":
        return None
    import resource

    parent, prctl = os.getpid(), ctypes.CDLL(None).prctl
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    limit = min((value for value in (memory_bytes, most) if value not in (None, resource.RLIM_INFINITY)), default=resource.RLIM_INFINITY)

    def prepare() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL.value, 0, 0, 0)
        if os.getppid() != parent:  # it was gone before
            os._exit(_PARENT_GONE)
        # Not RLIMIT_AS: what a library reserves of addresses and never writes, or maps from a file, is no memory (setrlimit(2)).
        with suppress(OSError, ValueError):  # a sandbox that sets no limits
            resource.setrlimit(resource.RLIMIT_DATA, (limit, most))

    return prepare


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"
