"""What an artifact answers to pictures."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np

from edgekit.datasets.resize import as_input
from edgekit.host.cpu import sessions_of
from edgekit.host.threads import shared
from edgekit.runtimes.base import open_session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from edgekit.runtimes.base import Opener
    from edgekit.spec.runtime import RuntimeSpec
    from edgekit.store.bundle import Artifact

# A session is worth its opening for so many.
_LEAST_PICTURES = 32


def answers(artifact: Artifact, runtime: RuntimeSpec, *groups: Sequence[NDArray[np.uint8]], opener: Opener | None = None) -> NDArray[np.float32]:
    """Return float32 (images, scores) for uint8 (height, width, 3) pictures of one group or several, asked one by one.

    Many pictures are dealt out to sessions of one thread: small networks gain little from two threads in one. With an ``opener`` there
    is one session, since it may be in another process, which is to end at once where the user interrupts.
    """
    asked = [(pictures, index) for pictures in groups for index in range(len(pictures))]
    sessions = 1 if opener else max(1, min(sessions_of(artifact.path.stat().st_size), len(asked) // _LEAST_PICTURES))

    def scores(share: Iterator[tuple[Sequence[NDArray[np.uint8]], int]]) -> NDArray[np.float32]:
        with closing((opener or open_session)(artifact, runtime)) as session:
            return np.concatenate([session.run(as_input(pictures[index], artifact.contract.input)) for pictures, index in share])

    dealt = shared(asked, sessions, scores)
    found = np.empty((len(asked), dealt[0].shape[1]), np.float32)
    for first, part in enumerate(dealt):
        found[first::sessions] = part
    return found
