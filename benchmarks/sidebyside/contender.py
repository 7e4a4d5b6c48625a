"""What takes part: a name, a precision, and how it is opened; and the images that all are asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from edgekit.datasets.resize import as_input
from edgekit.datasets.selection import balanced
from edgekit.spec.tensor import DType, TensorSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from edgekit.datasets.dataset import Example

    Answer = Callable[[NDArray[np.uint8]], NDArray[np.float32]]

# The tuning whose ONNX files are for OpenVINO; its TFLite files are nearly another tuning's.
FOR_OPENVINO = "openvino"
IMAGES_FILE = "images.npz"
ANY_IMAGE = TensorSpec(name="image", shape=(1, -1, -1, 3), dtype=DType.UINT8)


@dataclass(frozen=True, slots=True)
class Opened:
    """A contender ready to answer."""

    run: Answer


@dataclass(frozen=True, slots=True)
class Contender:
    """``open`` takes the prepared folder and the network's own size in pixels; ``against`` names what its ratio is to."""

    name: str
    precision: str
    open: Callable[[Path, int], Answer]
    against: str


class Stored(NamedTuple):
    """Test images, uint8 (1, height, width, 3) each, their labels, and the network's own size."""

    images: list[NDArray[np.uint8]]
    labels: NDArray[np.int64]
    image_px: int


def store_images(folder: Path, examples: Sequence[Example], count: int, image_px: int, spec: TensorSpec = ANY_IMAGE) -> None:
    """Write ``count`` examples into ``folder``, as many of each class, as input of ``spec``."""
    chosen = balanced(examples, count, seed=0)
    labels = np.array([example.label for example in chosen])
    images = {f"image{index}": as_input(example.picture.pixels(), spec) for index, example in enumerate(chosen)}
    np.savez(folder / IMAGES_FILE, labels=labels, image_px=image_px, **images)


def stored_images(folder: Path) -> Stored:
    """Read what `store_images` wrote."""
    with np.load(folder / IMAGES_FILE) as stored:
        labels = stored["labels"]
        return Stored([stored[f"image{index}"] for index in range(len(labels))], labels, int(stored["image_px"]))
