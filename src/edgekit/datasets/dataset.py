"""What a data set is, wherever its images come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy as np
    from numpy.typing import NDArray


SAMPLE = "letters28"
"""The location of the embedded sample."""


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


@dataclass(frozen=True, slots=True)
class Example:
    """A picture with its class, and the group (a typeface, a person, a place) that it shares with others."""

    picture: Picture
    label: int
    group: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled images in two splits. ``classes`` is the order of the model's scores.

    ``location`` is how the data set is found again: a folder's absolute path, or ``letters28``.
    ``split`` says where the test split comes from: ``given``, or ``seeded``.
    """

    name: str
    location: str
    classes: tuple[str, ...]
    train: tuple[Example, ...] = field(repr=False)
    test: tuple[Example, ...] = field(repr=False)
    split: str = "given"

    def without(self, names: Collection[str]) -> Dataset:
        """Return the data set without the pictures of these names."""

        def keep(examples: tuple[Example, ...]) -> tuple[Example, ...]:
            return tuple(example for example in examples if example.picture.name not in names)

        return Dataset(self.name, self.location, self.classes, keep(self.train), keep(self.test), self.split)
