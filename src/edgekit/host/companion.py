"""A child process that is asked again and again: each question has a time limit, and a child that dies is told of in words.

Questions and answers are bytes, each behind its length.
"""

from __future__ import annotations

import os
import struct
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, TypeVar

from edgekit.host.child import Ended, end_with_parent, started

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Sequence

Answer = TypeVar("Answer")
_LENGTH = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may take: ``answer_s`` for each answer, and ``memory_bytes`` of memory of its own, where Linux can hold it to that."""

    answer_s: float
    memory_bytes: int


class CompanionError(Exception):
    """The child did not answer, and is gone; the message says how that was."""


class Companion:
    """A child that runs ``command`` until it is closed. It asks nothing by itself.

    It is started and talked to by a thread of its own, for as long as it lives: Linux ends a child with the thread that started it.
    """

    def __init__(self, command: Sequence[str], limits: Limits) -> None:
        self._limits = limits
        self._stack = ExitStack()
        self._thread = ThreadPoolExecutor(1)
        self._noise: IO[bytes] = self._stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 (it is in the stack)
        start = started(command, memory_bytes=limits.memory_bytes, err=self._noise)
        try:
            self._child: subprocess.Popen[bytes] | None = self._thread.submit(self._stack.enter_context, start).result()
        except BaseException as error:
            self._end()
            if isinstance(error, OSError):
                raise CompanionError(f"the process cannot be started: {error}") from error
            raise

    @property
    def is_open(self) -> bool:
        """Whether it can be asked still."""
        return self._child is not None

    def ask(self, question: bytes) -> bytes:
        """Return the child's answer.

        Raises:
            CompanionError: it died, or took too long and was killed.

        """
        child = self._child
        if child is None:
            raise CompanionError("the process is closed")
        return self._wait(lambda: self._exchanged(child, question))

    def close(self) -> None:
        """End the child, whatever it is doing."""
        if self._child is None:
            return
        self._child.kill()
        self._child = None
        self._end()

    def _end(self) -> None:
        with suppress(OSError):  # a pipe that nobody reads any more
            self._thread.submit(self._stack.close).result()
        self._thread.shutdown()

    def _wait(self, work: Callable[[], Answer]) -> Answer:
        try:
            return self._thread.submit(work).result(self._limits.answer_s)
        except BaseException as error:
            self.close()
            if isinstance(error, TimeoutError):
                raise CompanionError(f"no answer within {self._limits.answer_s:g} s: stopped") from error
            raise

    def _exchanged(self, child: subprocess.Popen[bytes], question: bytes) -> bytes:
        assert child.stdin
        assert child.stdout
        try:
            write_message(child.stdin, question)
        except OSError:
            answer = None
        else:
            answer = read_message(child.stdout)
        if answer is None:
            child.kill()  # one that has closed its output alone
            status = child.wait()
            self._noise.seek(0)
            raise CompanionError(Ended(status, b"", self._noise.read()).told)
        return answer


def write_message(file: IO[bytes], message: bytes) -> None:
    """Write one question or answer."""
    file.write(_LENGTH.pack(len(message)))
    file.write(message)
    file.flush()


def read_message(file: IO[bytes]) -> bytes | None:
    """Read one question or answer; ``None``: there is none any more."""
    head = file.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    message = file.read(length)
    return message if len(message) == length else None


def serve(answer: Callable[[bytes], bytes]) -> None:
    """In the child: answer every question until there are no more. What libraries print goes to standard error."""
    end_with_parent()
    out = os.dup(1)
    os.dup2(2, 1)
    with os.fdopen(out, "wb") as answers:
        while (question := read_message(sys.stdin.buffer)) is not None:
            write_message(answers, answer(question))
