"""One client with one file, in a process of its own: clients end a process that reads what they do not know, and print as they like.

``python -m edgekit.verifying.clients.child CLIENT FILE FOLDER``: the folder has the pictures, and gets the answers, or why there are none.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgekit.host.child import end_with_parent
from edgekit.runtimes.base import open_session
from edgekit.spec.runtime import runtime_named
from edgekit.store.bundle import open_artifact
from edgekit.verifying.clients.table import CLIENTS, Client

PICTURES_FILE, ANSWERS_FILE, REASON_FILE = "pictures.npz", "answers.npy", "reason.txt"

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from edgekit.store.bundle import Artifact


def main(client: str, file: str, folder: str) -> int:
    """Ask ``client`` for its answers to all pictures."""
    try:
        run = _opened(CLIENTS[client], open_artifact(Path(file)))
        with np.load(Path(folder) / PICTURES_FILE) as images:
            got = [run(images[name]) for name in images.files]
        np.save(Path(folder) / ANSWERS_FILE, np.concatenate(got))
    except Exception as error:  # whatever a client raises is its answer
        (Path(folder) / REASON_FILE).write_text(" ".join(f"{type(error).__name__}: {error}".split()), "utf-8", "replace")
        return 1
    return 0


def _opened(client: Client, artifact: Artifact) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    if client.adapter is None:
        return open_session(artifact, runtime_named(client.name)).run
    opened: Callable[[NDArray[np.uint8]], NDArray[np.float32]] = import_module(client.adapter).open_client(artifact)
    return opened


if __name__ == "__main__":
    end_with_parent()
    sys.exit(main(*sys.argv[1:]))
