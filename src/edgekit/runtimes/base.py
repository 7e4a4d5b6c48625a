"""What every runtime offers, and the one way to open a session."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

from edgekit.errors import MissingPackageError, SessionError
from edgekit.spec.runtime import RuntimeSpec, runtimes_for
from edgekit.store.versions import package_version

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgekit.spec.export import Format
    from edgekit.store.bundle import Artifact


class Session(Protocol):
    """A model, loaded and ready."""

    def run(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Answer one image: uint8 (1, height, width, 3), RGB, to float32 (1, scores). Copies in, invokes, copies out."""


def is_installed(runtime: RuntimeSpec) -> bool:
    """Whether the runtime's package can be imported; nothing is imported."""
    return find_spec(runtime.import_name) is not None


def installed_for(model_format: Format) -> tuple[RuntimeSpec, ...]:
    """Return the installed runtimes that open ``model_format``, the preferred one first."""
    return tuple(row for row in runtimes_for(model_format) if is_installed(row))


def preferred_for(model_format: Format) -> RuntimeSpec:
    """Return the runtime to open ``model_format`` with; a `MissingPackageError` says what to install."""
    found = installed_for(model_format)
    if not found:
        extras = " or ".join(f"pip install edgekit[{row.extra}]" for row in runtimes_for(model_format))
        raise MissingPackageError(f"no runtime for {model_format.value} files is installed", hint=extras)
    return found[0]


def version_of(runtime: RuntimeSpec) -> str:
    """Return the version of the package that serves."""
    return package_version(runtime.package) or "unknown"


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
    if not is_installed(runtime):
        raise MissingPackageError(f"{runtime.name} is not installed", hint=f"pip install edgekit[{runtime.extra}]")
    session: Session = import_module(runtime.adapter).open_session(artifact, threads)
    return session
