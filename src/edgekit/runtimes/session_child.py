"""The child of `edgekit.runtimes.apart`: it has one session, and answers what that answers.

Run as ``python -m edgekit.runtimes.session_child``. Another file takes the place of the one before.
"""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import numpy as np

from edgekit.errors import EdgekitError
from edgekit.host.companion import serve
from edgekit.runtimes.base import Session, open_session
from edgekit.spec.runtime import runtime_named
from edgekit.store.bundle import Artifact
from edgekit.store.contract import Contract  # noqa: TC001 (msgspec reads the annotations)


class Opening(msgspec.Struct, frozen=True, tag=True):
    """Open a file, whose contract was read, in a runtime with so many threads."""

    path: str
    contract: Contract
    sha256: str
    runtime: str
    threads: int


class Image(msgspec.Struct, frozen=True, tag=True):
    """Answer an image: the bytes of uint8 ``shape``."""

    shape: tuple[int, ...]
    pixels: bytes


class Scores(msgspec.Struct, frozen=True, tag=True):
    """The answer, float32 (1, scores), and the time that the runtime took; of an opening it is empty."""

    values: bytes = b""
    shape: tuple[int, ...] = ()
    elapsed_ns: int = 0


class Refusal(msgspec.Struct, frozen=True, tag=True):
    """Why there is none."""

    message: str
    hint: str


class _Child:
    def __init__(self) -> None:
        self._session: Session | None = None

    def answer(self, question: bytes) -> bytes:
        try:
            return msgspec.msgpack.encode(self._answer(msgspec.msgpack.decode(question, type=Opening | Image)))
        except EdgekitError as error:
            return msgspec.msgpack.encode(Refusal(error.message, error.hint))
        except MemoryError:
            return msgspec.msgpack.encode(Refusal("out of memory", ""))

    def _answer(self, asked: Opening | Image) -> Scores:
        if isinstance(asked, Opening):
            self._session = None  # its memory goes first
            artifact = Artifact(Path(asked.path), asked.contract, asked.sha256)
            self._session = open_session(artifact, runtime_named(asked.runtime), threads=asked.threads)
            return Scores()
        assert self._session
        image = np.frombuffer(asked.pixels, np.uint8).reshape(asked.shape)
        begun = time.perf_counter_ns()
        scores = self._session.run(image)
        elapsed_ns = time.perf_counter_ns() - begun
        return Scores(np.asarray(scores, np.float32).tobytes(), scores.shape, elapsed_ns)


if __name__ == "__main__":
    serve(_Child().answer)
