"""Asking a client for its answers."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgekit.errors import SessionError
from edgekit.host.child import Ended, ask
from edgekit.verifying.clients.child import ANSWERS_FILE, PICTURES_FILE, REASON_FILE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edgekit.store.bundle import Artifact
    from edgekit.verifying.clients.table import Client

_LIMIT_S = 600.0
_MOST_CHARACTERS = 200
_SIGNALS = {number.value: number.name for number in signal.Signals}


def answers_of(client: Client, artifact: Artifact, images: Sequence[NDArray[np.uint8]], memory_bytes: int | None = None) -> NDArray[np.float32]:
    """Return float32 (images, scores) for uint8 (1, height, width, 3) images.

    Raises:
        SessionError: the client refused the file or an image, or its process ended.

    """
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / PICTURES_FILE, *images)
        # In that folder, since clients leave files where they run; -P: what lies there is not taken for a client.
        command = [sys.executable, "-P", "-m", "edgekit.verifying.clients.child", client.name, str(artifact.path.resolve()), folder]
        try:
            ended = ask(command, limit_s=_LIMIT_S, cwd=Path(folder), memory_bytes=memory_bytes)
        except subprocess.TimeoutExpired as error:
            raise SessionError(f"no answer within {_LIMIT_S:.0f} s") from error
        answers = Path(folder) / ANSWERS_FILE
        if ended.status or not answers.is_file():
            raise SessionError(_reason(Path(folder) / REASON_FILE, ended))
        found: NDArray[np.float32] = np.load(answers)
        return found


def _reason(told: Path, ended: Ended) -> str:
    if told.is_file():
        return told.read_text("utf-8", "replace")[:_MOST_CHARACTERS]
    lines = ended.err.decode(errors="replace").strip().splitlines() or ["no reason given"]
    died = f"by {_SIGNALS.get(-ended.status, 'a signal')}" if ended.status < 0 else f"with status {ended.status}"
    return f"its process ended {died}: {lines[-1].strip()[:_MOST_CHARACTERS]}"
