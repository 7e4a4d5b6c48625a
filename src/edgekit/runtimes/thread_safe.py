"""One session for all threads of an app, and for the processes that it forks.

A session holds an image between its three steps, and most runtimes compute in memory of the session's own: threads take turns. A fork
waits until nobody is within a turn: a child inherits what its parent's threads held, and no thread that would ever let go of it.
"""

from __future__ import annotations

import os
from copy import copy
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakSet

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgekit.runtimes.base import Session

# More than threads that compute at the same time, so that none waits for another where the runtime lets them.
_TURNS = 64


class ThreadSafeSession:
    """A session that any thread may ask. Where its runtime is ``concurrent`` they are answered at the same time, else one by one."""

    def __init__(self, session: Session) -> None:
        self._turns = [(Lock(), copy(session)) for _ in range(_TURNS)] if session.concurrent else [(Lock(), session)]
        self._next = count()
        _FORK.watch(self)

    def run(self, image: NDArray[np.uint8]) -> tuple[NDArray[np.float32], int]:
        """Return what `Session.timed_run` does: float32 (1, scores), and the nanoseconds that it took, without those of waiting for a turn."""
        turn, session = self._turns[next(self._next) % len(self._turns)]
        with turn:
            return session.timed_run(image)

    def pause(self) -> None:
        """Wait until no thread computes, and let none begin."""
        for turn, _ in self._turns:
            turn.acquire()

    def go_on(self) -> None:
        """Let threads compute again."""
        for turn, _ in self._turns:
            turn.release()

    def begin_in_child(self) -> None:
        """Begin anew in a process that was forked during a pause: of its parent's threads none is left that waits for a turn."""
        self._turns = [(Lock(), session) for _, session in self._turns]


class _Fork:
    """What is paused while this process is forked. One lock serves all of it: no session is added, and no other fork begun, meanwhile."""

    def __init__(self) -> None:
        self._busy = Lock()
        self._watched: WeakSet[ThreadSafeSession] = WeakSet()
        self._paused: list[ThreadSafeSession] = []

    def watch(self, session: ThreadSafeSession) -> None:
        with self._busy:
            self._watched.add(session)

    def before(self) -> None:
        self._busy.acquire()  # two threads that fork would each pause what the other waits for
        for session in tuple(self._watched):
            session.pause()
            self._paused.append(session)

    def in_parent(self) -> None:
        while self._paused:
            self._paused.pop().go_on()
        self._busy.release()

    def in_child(self) -> None:
        while self._paused:
            self._paused.pop().begin_in_child()
        self._busy = Lock()


_FORK = _Fork()
if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(before=_FORK.before, after_in_parent=_FORK.in_parent, after_in_child=_FORK.in_child)
