"""Sessions in processes of their own, for files that nobody knows: a damaged one may end its process, or never end.

A session here is used as any other is. A child that dies, or takes too long, is a `SessionError` that says so.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from edgekit.errors import SessionError
from edgekit.host.companion import Companion, CompanionError, Limits
from edgekit.runtimes.base import Session
from edgekit.runtimes.session_child import Image, Opening, Refusal, Scores
from edgekit.store.record import encodable

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import NDArray

    from edgekit.spec.runtime import RuntimeSpec
    from edgekit.store.bundle import Artifact

_CHILD = (sys.executable, "-m", "edgekit.runtimes.session_child")
_HINT = "the file may be damaged or hostile; --time-limit and --memory-limit grant it more"


class Apart:
    """Opens sessions in children, and closes them all at its end. A child whose session was closed serves the next one."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._all: list[Companion] = []
        self._idle: list[Companion] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._all:
            child.close()

    def open_session(self, artifact: Artifact, runtime: RuntimeSpec, *, threads: int = 1) -> ApartSession:
        """Open a file as `edgekit.runtimes.base.open_session` does, in a child."""
        session = ApartSession(self, self._idle.pop() if self._idle else self._new(), f"{artifact.path.name} in {runtime.name}")
        try:
            session.ask(Opening(str(artifact.path.absolute()), artifact.contract, artifact.sha256, runtime.name, threads))
        except SessionError:
            session.close()
            raise
        return session

    def give_back(self, child: Companion) -> None:
        """Take a child whose session is closed, if it lives."""
        if child.is_open:
            self._idle.append(child)

    def _new(self) -> Companion:
        try:
            child = Companion(_CHILD, self.limits)
        except CompanionError as error:
            raise SessionError(str(error)) from error
        self._all.append(child)
        return child


class ApartSession(Session):
    """A session in a child."""

    title = "a process of its own"
    failures = ()

    def __init__(self, apart: Apart, child: Companion, name: str) -> None:
        self._apart = apart
        self._child = child
        self._name = name
        self._image = Image((), b"")
        self._scores = Scores()

    def put(self, image: NDArray[np.uint8]) -> None:
        """Copy one image."""
        self._image = Image(image.shape, image.tobytes())

    def invoke(self) -> None:
        """Let the child answer it."""
        self._scores = self.ask(self._image)

    def take(self) -> NDArray[np.float32]:
        """Return the scores."""
        return np.frombuffer(self._scores.values, np.float32).reshape(self._scores.shape)

    def timed_run(self, image: NDArray[np.uint8]) -> tuple[NDArray[np.float32], int]:
        """Return the scores, and the time that the runtime took in the child."""
        return self.run(image), self._scores.elapsed_ns

    def close(self) -> None:
        """Leave the child to another session."""
        self._apart.give_back(self._child)

    def ask(self, asked: Opening | Image) -> Scores:
        """Return the child's answer; a `SessionError` says why there is none."""
        with encodable():
            question = msgspec.msgpack.encode(asked)
        try:
            answer = msgspec.msgpack.decode(self._child.ask(question), type=Scores | Refusal)
        except CompanionError as error:
            raise SessionError(f"{self._name}: {error}", hint=_HINT) from error
        except msgspec.MsgspecError as error:
            raise SessionError(f"{self._name}: the process answered something that is no answer", hint=_HINT) from error
        if isinstance(answer, Refusal):
            raise SessionError(answer.message, hint=answer.hint)
        return answer
