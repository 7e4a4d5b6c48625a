"""Keeps what C++ libraries log out of the terminal: TensorFlow and LiteRT write to the file descriptor, past Python."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def native_noise_hidden() -> Iterator[None]:
    """Send file descriptor 2 to a file that nobody reads, while Python's own standard error goes where it went."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # They advise on functions traced anew, as they are for every network, and on another way into the converter. What tf2onnx cannot do it
    # logs with a traceback, and says in its exception.
    for name, level in (("tensorflow", logging.ERROR), ("absl", logging.ERROR), ("tf2onnx", logging.CRITICAL)):
        logging.getLogger(name).setLevel(level)
    sys.stderr.flush()
    kept = os.dup(2)
    before = sys.stderr
    with tempfile.TemporaryFile() as nowhere, os.fdopen(kept, "w", buffering=1, encoding="utf-8", errors="replace") as visible:
        os.dup2(nowhere.fileno(), 2)
        sys.stderr = visible
        try:
            yield
        finally:
            visible.flush()
            sys.stderr = before
            os.dup2(visible.fileno(), 2)
