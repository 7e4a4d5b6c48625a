"""Keeps what C++ libraries log out of the terminal: TensorFlow and LiteRT write to the file descriptor, past Python."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from edgekit.cli.streams import forgiving

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def native_noise_hidden() -> Iterator[None]:
    """Send file descriptor 2 nowhere, while Python's own standard error goes where it went."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # They advise on functions traced anew, as they are for every network, and on another way into the converter. What tf2onnx cannot do it
    # logs with a traceback, and says in its exception.
    for name, level in (("tensorflow", logging.ERROR), ("absl", logging.ERROR), ("tf2onnx", logging.CRITICAL)):
        logging.getLogger(name).setLevel(level)
    sys.stderr.flush()
    before = sys.stderr
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with forgiving(os.fdopen(os.dup(2), "wb", buffering=0)) as visible:
        os.dup2(nowhere, 2)
        os.close(nowhere)
        sys.stderr = visible
        try:
            yield
        finally:
            visible.flush()
            sys.stderr = before
            os.dup2(visible.fileno(), 2)
