"""One pass over all images: which can be read, how large they are, which are the same, and the data set's fingerprint."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.errors import DataError, ImageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from edgekit.datasets.dataset import Dataset, Example, Picture

_WORKERS = 4


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a picture found: its sha256 (empty if it cannot be read), its size, or why it cannot be decoded."""

    example: Example
    sha256: str
    height_px: int
    width_px: int
    error: ImageError | None

    @property
    def picture(self) -> Picture:
        """The picture that was looked at."""
        return self.example.picture


@dataclass(frozen=True, slots=True)
class Survey:
    """What a pass over a data set found."""

    dataset: Dataset
    train: tuple[Look, ...]
    test: tuple[Look, ...]
    skipped: tuple[str, ...] = ()

    @property
    def unreadable(self) -> tuple[Look, ...]:
        """Pictures that cannot be decoded."""
        return tuple(look for look in (*self.train, *self.test) if look.error)

    def readable(self) -> Survey:
        """Return the survey of what can be decoded. The unreadable stay listed in ``skipped``.

        Raises:
            DataError: nothing is left of a class, or of the test split.

        """
        bad = tuple(look.picture.name for look in self.unreadable)

        def keep(looks: tuple[Look, ...]) -> tuple[Look, ...]:
            return tuple(look for look in looks if not look.error)

        dataset = self.dataset.without(set(bad))
        learnt = {example.label for example in dataset.train}
        empty = [name for label, name in enumerate(dataset.classes) if label not in learnt]
        if empty or not dataset.test:
            what = f"the training images of {', '.join(empty)}" if empty else "the test images"
            raise DataError(f"nothing is left of {what} without those that cannot be decoded", hint="mend them, or add others")
        return Survey(dataset, keep(self.train), keep(self.test), skipped=bad)

    @property
    def leaked(self) -> tuple[tuple[str, str], ...]:
        """(train name, test name) of pictures with the same bytes in both splits."""
        train = {look.sha256: look.picture.name for look in _read(self.train)}
        return tuple((train[look.sha256], look.picture.name) for look in self.test if look.sha256 in train)

    @property
    def in_two_classes(self) -> tuple[tuple[str, str], ...]:
        """(name, later name) of pictures with the same bytes in two classes of one split."""
        pairs = []
        for looks in (self.train, self.test):
            first: dict[str, Look] = {}
            for look in _read(looks):
                earlier = first.setdefault(look.sha256, look)
                if earlier.example.label != look.example.label:
                    pairs.append((earlier.picture.name, look.picture.name))
        return tuple(pairs)

    @property
    def repeated(self) -> int:
        """How many pictures within a split have the same bytes as an earlier one of it."""
        return sum(len(looks) - len({look.sha256 for look in looks}) for looks in map(_read, (self.train, self.test)))

    @property
    def sizes(self) -> Counter[tuple[int, int]]:
        """How many pictures have each (height, width) in pixels."""
        return Counter((look.height_px, look.width_px) for look in (*self.train, *self.test) if not look.error)

    @property
    def counts(self) -> dict[str, tuple[int, int]]:
        """Images of each class: (train, test)."""
        found: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        for split, looks in enumerate((self.train, self.test)):
            for look in looks:
                found[look.example.label][split] += 1
        return {name: (found[label][0], found[label][1]) for label, name in enumerate(self.dataset.classes)}

    @property
    def fingerprint(self) -> str:
        """sha256 over the names, classes and contents of all readable pictures in both splits."""
        looks = (("train", self.train), ("test", self.test))
        return _fingerprint((split, look.example, look.sha256) for split, part in looks for look in part if not look.error)


def _read(looks: Iterable[Look]) -> list[Look]:
    return [look for look in looks if look.sha256]


def survey(dataset: Dataset, *, tick: Callable[[int, int], None] = lambda done, total: None) -> Survey:
    """Read and decode every image once; ``tick(done, total)`` is called after each."""
    examples = (*dataset.train, *dataset.test)
    looks = []
    with ThreadPoolExecutor(_WORKERS) as pool:
        for done, look in enumerate(pool.map(_look, examples), start=1):
            looks.append(look)
            tick(done, len(examples))
    return Survey(dataset, tuple(looks[: len(dataset.train)]), tuple(looks[len(dataset.train) :]))


def fingerprint(dataset: Dataset) -> str:
    """Return the fingerprint of a data set whose pictures can all be decoded; see `Survey.fingerprint`. None is decoded here."""
    return fingerprint_of({"train": dataset.train, "test": dataset.test})


def fingerprint_of(parts: Mapping[str, Sequence[Example]]) -> str:
    """Return sha256 over the names, classes and contents of pictures, part by part, in their order."""
    examples = [(part, example) for part, some in parts.items() for example in some]
    with ThreadPoolExecutor(_WORKERS) as pool:
        hashes = pool.map(lambda pair: _sha256(pair[1].picture.content()), examples)
        return _fingerprint((split, example, sha256) for (split, example), sha256 in zip(examples, hashes, strict=True))


def _fingerprint(pictures: Iterable[tuple[str, Example, str]]) -> str:
    digest = hashlib.sha256()
    for split, example, sha256 in pictures:
        digest.update(f"{split}\0{example.picture.name}\0{example.label}\0{sha256}\n".encode())
    return digest.hexdigest()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _look(example: Example) -> Look:
    digest = ""
    try:
        content = example.picture.content()
        digest = _sha256(content)
        height, width = example.picture.decoded(content).shape[:2]
    except ImageError as error:
        return Look(example, digest, 0, 0, error)
    return Look(example, digest, height, width, None)
