"""What a data set is, wherever its images come from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy as np
    from numpy.typing import NDArray

    from edgekit.spec.left_out import LeftOut


SAMPLE = "letters28"
"""The location of the embedded sample."""
GIVEN, SEEDED = "given", "seeded"
"""Where a split comes from: a folder of its own, or a share that was chosen by a seed."""


class Picture(Protocol):
    """Where one image comes from."""

    @property
    def name(self) -> str:
        """What it is called: a path below the data set's root, with forward slashes."""

    def content(self) -> bytes:
        """Return what tells it from others: the file's bytes, or its pixels where it is no file; raises `ImageError`."""

    def decoded(self, content: bytes) -> NDArray[np.uint8]:
        """Return the pixels of its ``content``, as `pixels` does; raises `ImageError`."""

    def pixels(self) -> NDArray[np.uint8]:
        """Return uint8 (height, width, 3), RGB; raises `ImageError`."""

    def holding(self, sha256: str) -> Picture:
        """Return the picture that raises `ImageError` if its content is another by the time it is read."""


@dataclass(frozen=True, slots=True)
class Example:
    """A picture with its class, and the group (a typeface, a person, a place) that it shares with others."""

    picture: Picture
    label: int
    group: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled images in two splits, or in three. ``classes`` is the order of the model's scores.

    ``location`` is how the data set is found again: a folder's absolute path, or ``letters28``.
    ``split`` says where the test split comes from: ``given``, or ``seeded``. ``validation`` are the images of a validation
    folder, where there is one; ``left_out`` is what of the folder is not used.
    """

    name: str
    location: str
    classes: tuple[str, ...]
    train: tuple[Example, ...] = field(repr=False)
    test: tuple[Example, ...] = field(repr=False)
    split: str = GIVEN
    validation: tuple[Example, ...] = field(default=(), repr=False)
    left_out: tuple[LeftOut, ...] = ()

    def without(self, names: Collection[str]) -> Dataset:
        """Return the data set without the pictures of these names."""

        def keep(examples: tuple[Example, ...]) -> tuple[Example, ...]:
            return tuple(example for example in examples if example.picture.name not in names)

        return replace(self, train=keep(self.train), test=keep(self.test), validation=keep(self.validation))
