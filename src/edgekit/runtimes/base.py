"""What every runtime offers, and the one way to open a session."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, ClassVar, Protocol

from edgekit.errors import MissingPackageError, SessionError
from edgekit.host.versions import package_version
from edgekit.spec.runtime import RuntimeSpec, runtimes_for

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    import numpy as np
    from numpy.typing import NDArray

    from edgekit.spec.format import Format
    from edgekit.store.bundle import Artifact
    from edgekit.store.operators import OperatorTime


_FAILED_HINT = "another image tells whether it is the image's size; `edgekit verify` tells whether it is the file"


class Session(ABC):
    """A model, loaded and ready, for one thread. An adapter fills in the three steps; ``failures`` are what its package raises in them.

    ``concurrent`` says that copies of a session, by `copy.copy`, share the loaded model and may run at the same time.
    """

    title: ClassVar[str]
    failures: ClassVar[tuple[type[Exception], ...]]
    concurrent: ClassVar[bool] = False

    @abstractmethod
    def put(self, image: NDArray[np.uint8]) -> None:
        """Copy one image in: uint8 (1, height, width, 3), RGB, of any size that the file accepts."""

    @abstractmethod
    def invoke(self) -> None:
        """Compute the scores of the image that was put in."""

    @abstractmethod
    def take(self) -> NDArray[np.float32]:
        """Copy the scores out: float32 (1, scores)."""

    def close(self) -> None:  # noqa: B027 (most have nothing to give back)
        """Give back what the session holds beyond its own memory: nothing, but for one in another process."""

    def timed_run(self, image: NDArray[np.uint8]) -> tuple[NDArray[np.float32], int]:
        """Answer one image, and tell the nanoseconds that it took."""
        begun = time.perf_counter_ns()
        scores = self.run(image)
        return scores, time.perf_counter_ns() - begun

    def run(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Answer one image: copy in, invoke, copy out."""
        if not image.size:  # of which tflite-runtime dies
            raise SessionError(f"{self.title} has nothing to answer on an image of {image.shape}", hint="an image has at least one pixel")
        try:
            self.put(image)
            self.invoke()
            return self.take()
        except self.failures as error:
            raise SessionError(f"{self.title} failed on an image of {image.shape}: {_one_line(error)}", hint=_FAILED_HINT) from error


class Opener(Protocol):
    """What opens sessions: `open_session`, or one that does so elsewhere."""

    def __call__(self, artifact: Artifact, runtime: RuntimeSpec, *, threads: int = 1) -> Session:
        """Open ``artifact`` in ``runtime``."""


def cannot_open(title: str, artifact: Artifact, error: Exception) -> SessionError:
    """Return what an adapter raises for a file that its package refuses."""
    return SessionError(f"{title} cannot open {artifact.path}: {_one_line(error)}", hint="`edgekit verify` tells more")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def is_installed(runtime: RuntimeSpec) -> bool:
    """Whether the runtime's package can be imported; nothing is imported."""
    return find_spec(runtime.import_name) is not None


def installed_for(model_format: Format) -> tuple[RuntimeSpec, ...]:
    """Return the installed runtimes that open ``model_format``, the preferred one first."""
    return tuple(row for row in runtimes_for(model_format) if is_installed(row))


def preferred_for(model_format: Format, made_for: str | None = None) -> RuntimeSpec:
    """Return the runtime to open ``model_format`` with: the one that a file is ``made_for`` if it is installed, else the first that is.

    A `MissingPackageError` says what to install.
    """
    found = installed_for(model_format)
    if not found:
        extras = " or ".join(f"pip install edgekit[{row.extra}]" for row in runtimes_for(model_format))
        raise MissingPackageError(f"no runtime for {model_format.value} files is installed", hint=extras)
    return next((row for row in found if row.name == made_for), found[0])


def version_of(runtime: RuntimeSpec) -> str:
    """Return the version of the package that serves."""
    return package_version(runtime.package) or "unknown"


def load_adapter(runtime: RuntimeSpec) -> ModuleType:
    """Import a runtime's adapter, and its package with it."""
    if not is_installed(runtime):
        raise MissingPackageError(f"{runtime.name} is not installed", hint=f"pip install edgekit[{runtime.extra}]")
    try:
        return import_module(runtime.adapter)
    except ImportError as error:
        raise SessionError(f"{runtime.name} is installed and cannot be imported: {error}", hint=f"pip install edgekit[{runtime.extra}]") from error


def open_session(artifact: Artifact, runtime: RuntimeSpec, *, threads: int = 1) -> Session:
    """Open ``artifact`` in ``runtime``, and in no other.

    Raises:
        MissingPackageError: the runtime is not installed.
        SessionError: it does not open this format, or refused the file.

    """
    if artifact.contract.format not in runtime.formats:
        raise SessionError(
            f"{runtime.name} does not open {artifact.contract.format.value} files. Received: {artifact.path}",
            hint="choose a runtime that does, or leave --runtime out",
        )
    session: Session = load_adapter(runtime).open_session(artifact, threads)
    return session


def profile(artifact: Artifact, runtime: RuntimeSpec, images: Sequence[NDArray[np.uint8]], *, threads: int = 1) -> tuple[OperatorTime, ...]:
    """Return the time of each operator, in the order of execution: typical ones over ``images``, of a session of its own.

    Profiling slows a model down, so these times tell shares, never a latency. For runtimes that say ``profiles``.
    """
    times: tuple[OperatorTime, ...] = load_adapter(runtime).profile(artifact, threads, images)
    return times
