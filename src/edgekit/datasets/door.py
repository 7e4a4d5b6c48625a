"""What can come out of reading an image, translated: every failure becomes an `ImageError`, and no warning is heard."""

from __future__ import annotations

import logging
import os
import threading
import warnings
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from PIL import Image

from edgekit.datasets.formats import READ
from edgekit.errors import EdgekitError, ImageError, StoreError
from edgekit.store import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGEST_IMAGE_PIXELS = 100_000_000
LARGEST_FILE_BYTES = 1 << 30
LARGEST_SIDE_PX = 200_000
_LARGE_PIXELS = 40_000_000
_MOST_REASON = 160
# A record of what a decoder found wrong would else go to standard error where an app has set up no logging.
logging.getLogger("PIL").addHandler(logging.NullHandler())


@contextmanager
def reading(shown: str) -> Iterator[None]:
    """Translate whatever is raised inside into an `ImageError` about the image that is called ``shown``.

    Decoders raise far more than their own errors for damaged files: AssertionError, MemoryError, struct.error, zlib.error,
    OverflowError, RecursionError, TypeError and others were seen.
    """
    try:
        with _shared:
            yield
    except EdgekitError:
        raise
    except Image.DecompressionBombError as error:
        raise too_large(shown) from error
    except Exception as error:
        raise ImageError(f"an image cannot be decoded. Received: {shown} ({_reason(error)})", hint=f"{READ}; try to open it in a viewer") from error


def too_large(shown: str) -> ImageError:
    """Return what is said of an image of more pixels than are decoded."""
    return ImageError(f"an image is larger than {LARGEST_IMAGE_PIXELS // 1_000_000} megapixels. Received: {shown}", hint="scale it down first")


def check_size(shown: str, width: int, height: int) -> None:
    """Raise an `ImageError` for an image that is too large to be decoded."""
    if width * height > LARGEST_IMAGE_PIXELS:
        raise too_large(f"{shown} ({width} x {height})")
    if max(width, height) > LARGEST_SIDE_PX:
        raise ImageError(f"an image is longer than {LARGEST_SIDE_PX} pixels. Received: {shown} ({width} x {height})", hint="cut it first")
    if not width or not height:
        raise ImageError(f"an image has no pixels. Received: {shown} ({width} x {height})", hint="leave it out")


@contextmanager
def one_at_a_time(width: int, height: int) -> Iterator[None]:
    """Let one thread decode a large image while others wait: each takes up to a gigabyte."""
    with _shared.large if width * height > _LARGE_PIXELS else nullcontext():
        yield


def file_bytes(path: Path) -> bytes:
    """Return what a regular file holds; a pipe or a device, which might never end, is refused.

    Raises:
        ImageError: there is no such file, it may not be read, or it is no regular file of at most 1 GiB.

    """
    try:
        with files.opened(path) as file, files.reading(path):
            size = os.fstat(file.fileno()).st_size
            data = file.read(LARGEST_FILE_BYTES) if size <= LARGEST_FILE_BYTES else b""
    except StoreError as error:
        raise ImageError(error.message, hint=error.hint) from error
    if not data:
        found = f"{size} bytes" if size else "an empty file"
        raise ImageError(f"an image file has between 1 byte and 1 GiB. Received: {path} ({found})", hint="leave it out")
    return data


def _reason(error: Exception) -> str:
    match error:
        case MemoryError():
            return "there is not enough memory for it"
        case OSError() if error.strerror:
            return error.strerror
    # Without the address of a buffer, which says nothing and differs each time.
    said = " ".join(str(error).partition("<_io.")[0].split())
    return said[:_MOST_REASON] or type(error).__name__


class _Shared:
    """What threads share: warnings are ignored while any of them is inside, since `warnings.catch_warnings` alone mixes them up.

    A process that was forked while another thread was inside begins anew.
    """

    def __init__(self) -> None:
        self._reset()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        self.large = threading.Lock()
        self._lock = threading.Lock()
        self._inside = 0
        self._kept: warnings.catch_warnings[None] | None = None

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._kept is None:
                self._kept = warnings.catch_warnings()
                self._kept.__enter__()
                warnings.simplefilter("ignore")

    def __exit__(self, *failure: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside and self._kept is not None:
                self._kept.__exit__(None, None, None)
                self._kept = None


_shared = _Shared()
