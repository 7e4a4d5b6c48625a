"""What an artifact answers to pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgekit.datasets.resize import as_input
from edgekit.runtimes.base import open_session

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from edgekit.spec.runtime import RuntimeSpec
    from edgekit.store.bundle import Artifact


def answers(artifact: Artifact, runtime: RuntimeSpec, pictures: Iterable[NDArray[np.uint8]], *, threads: int = 1) -> NDArray[np.float32]:
    """Return float32 (images, scores) for uint8 (height, width, 3) pictures, asked one by one."""
    session = open_session(artifact, runtime, threads=threads)
    return np.concatenate([session.run(as_input(pixels, artifact.contract.input)) for pixels in pictures])
