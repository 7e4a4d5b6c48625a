"""libtiff writes what it thinks of damaged files to standard error, past Pillow: remove once Pillow keeps it silent (13.0 does not)."""

from __future__ import annotations

import ctypes
from contextlib import suppress

from PIL import _imaging

_HANDLERS = ("TIFFSetErrorHandler", "TIFFSetWarningHandler")


def silence_libtiff() -> None:
    """Take the handlers off that print; failures are still told to Pillow. Where Pillow has no libtiff, or hides it, nothing happens."""
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(_imaging.__file__)
        for name in _HANDLERS:
            set_handler = getattr(library, name)
            set_handler.argtypes, set_handler.restype = [ctypes.c_void_p], ctypes.c_void_p
            set_handler(None)
