"""One folder for everything temporary of a command: its own, its libraries' and its children's. What a killed command left goes with the next."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.host.claim import sweep
from edgekit.store.atomic import claimed_folder, sweep_partial

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = ".edgekit-scratch-"
_NAMES = re.compile(re.escape(_PREFIX) + "[a-z0-9_]{8}")
# What libraries in C ask, and children.
_VARIABLE = "TMPDIR"


@contextmanager
def scratch() -> Iterator[None]:
    """Lead temporary files into a folder of their own, which is removed in the end; where there is no place for one all stays as it was."""
    try:
        home = Path(tempfile.gettempdir())
        sweep(home, _NAMES)
        folder, lock = claimed_folder(home, _PREFIX)
    except OSError:
        yield
        return
    before, variable = tempfile.tempdir, os.environ.get(_VARIABLE)
    tempfile.tempdir = os.environ[_VARIABLE] = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
        if variable is None:
            del os.environ[_VARIABLE]
        else:
            os.environ[_VARIABLE] = variable
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def sweep_below(folder: Path, levels: int) -> None:
    """Remove what killed processes left half written in ``folder``, and in the folders below it, so many ``levels`` down."""
    sweep_partial(folder)
    if levels:
        for path in folder.glob("[!.]*/"):
            sweep_below(path, levels - 1)
