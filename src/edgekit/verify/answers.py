"""What an artifact answers to pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgekit.datasets.resize import resize_to_uint8
from edgekit.runtimes.base import open_session

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from edgekit.spec.runtime import RuntimeSpec
    from edgekit.store.bundle import Artifact


def as_input(pixels: NDArray[np.uint8], artifact: Artifact) -> NDArray[np.uint8]:
    """Return uint8 (1, height, width, 3): the picture itself, or brought to the size that a fixed-size file asks for."""
    _, height, width, _ = artifact.contract.input.shape
    return (pixels if height < 0 else resize_to_uint8(pixels, height, width))[np.newaxis]


def answers(artifact: Artifact, runtime: RuntimeSpec, pictures: Iterable[NDArray[np.uint8]], *, threads: int = 1) -> NDArray[np.float32]:
    """Return float32 (images, scores) for uint8 (height, width, 3) pictures, asked one by one."""
    session = open_session(artifact, runtime, threads=threads)
    return np.concatenate([session.run(as_input(pixels, artifact)) for pixels in pictures])
