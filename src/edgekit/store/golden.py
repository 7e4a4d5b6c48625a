"""The golden images of a bundle: what the trained model answers to each, and what every file did when it was exported."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Annotated

import msgspec

from edgekit.spec.bounds import Count, Name, Places, Scores, Sha256, Text  # noqa: TC001 (msgspec reads the annotations)

if TYPE_CHECKING:
    from collections.abc import Sequence

GOLDEN_SCHEMA = 3
GOLDEN_FILE = "golden.json"
GOLDEN_FOLDER = "golden"
_BYTES = 2
PLAIN = "plain"
"""The variant of golden images that are test images as they are, but for a reduction to 320 px."""


class GoldenImage(msgspec.Struct, frozen=True, kw_only=True):
    """A golden image: ``source`` is the test image it was made from, ``variant`` how; ``scores`` are Keras' own.

    ``label`` is ``None`` where the image's class is not known. Where an image may have several labels, those that are known to be
    there are ``labels``.
    """

    file: Text
    sha256: Sha256
    label: Count | None
    source: Text
    variant: Name
    scores: Scores
    labels: Places | None = None


class OtherScores(msgspec.Struct, frozen=True, kw_only=True):
    """What another runtime answered at export.

    ``differences`` is how far each score was from the file's own, image by image: 16-bit floats, little-endian, in base64.
    """

    runtime: Name
    version: Name
    differences: str

    def bytes_of(self, images: int) -> list[bytes]:
        """Return each image's differences."""
        data = base64.b64decode(self.differences, validate=True)
        row, rest = divmod(len(data), images)
        if rest:
            raise ValueError("broken rule: another runtime has answered every golden image")
        return [data[start : start + row] for start in range(0, len(data), row)] if row else [b""] * images


class OwnScores(msgspec.Struct, frozen=True, kw_only=True):
    """What one artifact answered to the golden images when it was exported, and beside it, in ``others``, what other runtimes did.

    Another runtime, or this one on another architecture, may be so far away from an image's scores as its ``tolerances``, in
    their unit.
    """

    runtime: Name
    version: Name
    machine: Text
    tolerances: tuple[Annotated[float, msgspec.Meta(ge=0)], ...]
    scores: tuple[Scores, ...]
    others: tuple[OtherScores, ...] = ()

    def __post_init__(self) -> None:
        if len({len(row) for row in self.scores}) > 1:
            raise ValueError("broken rule: all images have as many scores")
        if any([len(row) for row in other.bytes_of(len(self.scores) or 1)] != [_BYTES * len(row) for row in self.scores] for other in self.others):
            raise ValueError("broken rule: another runtime has as many scores")

    def of_images(self, chosen: Sequence[int]) -> OwnScores:
        """Return what is known of the images at these places alone."""
        return msgspec.structs.replace(
            self,
            tolerances=tuple(self.tolerances[index] for index in chosen),
            scores=tuple(self.scores[index] for index in chosen),
            others=tuple(_of_images(other, chosen, len(self.scores)) for other in self.others),
        )


def _of_images(other: OtherScores, chosen: Sequence[int], images: int) -> OtherScores:
    rows = other.bytes_of(images)
    return msgspec.structs.replace(other, differences=base64.b64encode(b"".join(rows[index] for index in chosen)).decode())


class Golden(msgspec.Struct, frozen=True, kw_only=True):
    """The golden images with all that is known of them."""

    schema: int
    images: Annotated[tuple[GoldenImage, ...], msgspec.Meta(min_length=1)]
    own: dict[str, OwnScores]

    def __post_init__(self) -> None:
        if len({len(image.scores) for image in self.images}) > 1 or not self.images[0].scores:
            raise ValueError("broken rule: all images have as many scores, one at least")
        if any(len(scores) != len(self.images) for own in self.own.values() for scores in (own.scores, own.tolerances)):
            raise ValueError("broken rule: a file has scores and a tolerance for every golden image")

    @property
    def plain(self) -> list[GoldenImage]:
        """The images to measure with: the variants are there to show damage, not to be recognised."""
        return [image for image in self.images if image.variant == PLAIN]

    def of_images(self, chosen: Sequence[int]) -> Golden:
        """Return what is known of the images at these places alone."""
        own = {file: answered.of_images(chosen) for file, answered in self.own.items()}
        return msgspec.structs.replace(self, images=tuple(self.images[index] for index in chosen), own=own)
