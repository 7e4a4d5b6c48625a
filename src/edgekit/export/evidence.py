"""Pictures with what the trained model answers to them: what exports are held against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edgekit.datasets.decoded import DecodedImages
from edgekit.datasets.resize import as_input

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edgekit.export.golden import GoldenPicture
    from edgekit.export.images import Images
    from edgekit.export.model import Reference
    from edgekit.spec.tensor import TensorSpec


@dataclass(frozen=True, slots=True)
class Evidence:
    """Pictures, and float32 (pictures, scores) of the trained model; ``names`` say which picture is meant, ``labels`` its class if known."""

    pictures: Sequence[NDArray[np.uint8]]
    names: Sequence[str]
    labels: NDArray[np.int64] | None
    reference: NDArray[np.float32]


def golden_evidence(golden: Sequence[GoldenPicture], spec: TensorSpec, reference: Reference) -> Evidence:
    """Return the golden pictures with the trained model's scores."""
    names = [f"{picture.source} ({picture.variant})" for picture in golden]
    return _evidence([picture.pixels for picture in golden], names, None, spec, reference)


def test_evidence(images: Images, spec: TensorSpec, reference: Reference) -> Evidence:
    """Return the test images with the trained model's scores. They are decoded as they are asked for: a large test set does not fit into memory."""
    names = [f"{example.picture.name} (test)" for example in images.test]
    labels = np.array([example.label for example in images.test]) if images.labelled else None
    return _evidence(DecodedImages(images.test), names, labels, spec, reference)


def _evidence(
    pictures: Sequence[NDArray[np.uint8]], names: Sequence[str], labels: NDArray[np.int64] | None, spec: TensorSpec, reference: Reference
) -> Evidence:
    return Evidence(pictures, names, labels, reference.scores(as_input(pixels, spec)[0] for pixels in pictures))
