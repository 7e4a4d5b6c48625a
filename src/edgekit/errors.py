"""What edgekit can fail with.

Every error says what was wrong and what was received, carries a hint on what to do, and knows the exit
status that the command line ends with:

    EdgekitError                1  it could not be done
    ├── UsageError              2  options that are wrong, or do not go together
    ├── DataError               1  a data set or an image
    │   └── ImageError             one image that cannot be read or decoded
    ├── StoreError              1  a run, a bundle or a result on disk
    │   ├── SchemaError            a file of another schema version, or not of that kind
    │   └── ForeignFileError       a model file that edgekit did not make
    ├── MissingPackageError     1  a package that is not installed
    ├── SessionError            1  a runtime refused a model or an image
    ├── TrainingError           1  training went wrong (a loss that is not finite)
    ├── ExportError             1  a converter failed
    ├── UnstableError           3  measured, but not to be relied on
    └── VerificationError       4  an artifact does not answer as it should

Third-party exceptions are translated where they are raised, never further up.
"""

from __future__ import annotations

from difflib import get_close_matches
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable


class ExitStatus(IntEnum):
    """The exit statuses of the command line."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    UNSTABLE = 3
    VERIFICATION = 4
    DEFECT = 70
    INTERRUPTED = 130


class EdgekitError(Exception):
    """Base of all errors that edgekit raises on purpose."""

    exit_status: ClassVar[ExitStatus] = ExitStatus.FAILED

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(EdgekitError):
    """An option that is wrong, or does not go with another."""

    exit_status = ExitStatus.USAGE


class DataError(EdgekitError):
    """A data set that cannot be used."""


class ImageError(DataError):
    """An image that cannot be read, or not be decoded."""


class StoreError(EdgekitError):
    """A run, a bundle or a result that cannot be read or written."""


class SchemaError(StoreError):
    """A file of another schema version, or of another kind."""


class ForeignFileError(StoreError):
    """A model file that edgekit did not make: it says nothing of itself that edgekit could go by."""


class MissingPackageError(EdgekitError):
    """A package that a command needs and that is not installed."""


class SessionError(EdgekitError):
    """A runtime refused a model, or failed on an image."""


class TrainingError(EdgekitError):
    """Training could not go on."""


class ExportError(EdgekitError):
    """A model could not be converted."""


class UnstableError(EdgekitError):
    """A measurement that should not be relied on."""

    exit_status = ExitStatus.UNSTABLE


class VerificationError(EdgekitError):
    """An artifact that does not answer as the trained model does."""

    exit_status = ExitStatus.VERIFICATION


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint that names the nearest known word, or all of them."""
    names = sorted(known)
    close = get_close_matches(word, names, n=1)
    return f"did you mean {close[0]}?" if close else f"choose from: {', '.join(names)}"
