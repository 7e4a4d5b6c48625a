"""The child of `edgekit.cli.supervisor`: ``python -m edgekit.cli.process ARGUMENTS``, with the arguments of ``edgekit``."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import NoReturn

from edgekit.cli.main import run


def main() -> NoReturn:
    """Run the command line as a child. The end is abrupt, since JAX would wait for processes that are gone."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Gloo prints to standard output, past Python, whose own goes where it went.
    sys.stdout = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _interrupt)
    status = run(sys.argv[1:])
    sys.stdout.flush()
    os._exit(status)


def _end_with_parent() -> NoReturn:
    while os.read(0, 1):
        pass
    os._exit(1)


def _interrupt(number: int, frame: object) -> NoReturn:
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 (until the end: the parent says it)
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
