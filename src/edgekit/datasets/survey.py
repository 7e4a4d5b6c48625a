"""One pass over all images: which can be read, how large they are, which are the same, and the data set's fingerprint."""

from __future__ import annotations

from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgekit.datasets.fingerprint import digest_of, in_parts, sha256_of
from edgekit.errors import DataError, ImageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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
    validation: tuple[Look, ...] = ()

    @property
    def looks(self) -> tuple[Look, ...]:
        """What was found of all pictures."""
        return (*self.train, *self.validation, *self.test)

    @property
    def unreadable(self) -> tuple[Look, ...]:
        """Pictures that cannot be decoded."""
        return tuple(look for look in self.looks if look.error)

    def readable(self) -> Survey:
        """Return the survey of what can be decoded. The unreadable stay listed in ``skipped``.

        Raises:
            DataError: nothing is left of a class, or of the test split.

        """
        bad = tuple(look.picture.name for look in self.unreadable)

        def keep(looks: tuple[Look, ...]) -> tuple[Look, ...]:
            return tuple(look for look in looks if not look.error)

        dataset = self.dataset.without(set(bad))
        trained = {example.label for example in dataset.train}
        empty = [name for label, name in enumerate(dataset.classes) if label not in trained]
        if empty or not dataset.test:
            what = f"the training images of {', '.join(empty)}" if empty else "the test images"
            raise DataError(f"nothing is left of {what} without those that cannot be decoded", hint="mend them, or add others")
        return Survey(dataset, keep(self.train), keep(self.test), skipped=bad, validation=keep(self.validation))

    @property
    def leaked(self) -> tuple[tuple[str, str], ...]:
        """(name, name in a later split) of pictures with the same bytes in two splits, of which the training split is the first."""
        pairs = []
        for earlier, later in ((self.train, self.test), (self.train, self.validation), (self.validation, self.test)):
            first = {look.sha256: look.picture.name for look in _read(earlier)}
            pairs += [(first[look.sha256], look.picture.name) for look in later if look.sha256 in first]
        return tuple(pairs)

    @property
    def in_two_classes(self) -> tuple[tuple[str, str], ...]:
        """(name, later name) of pictures with the same bytes in two classes of one split."""
        pairs = []
        for looks in (self.train, self.validation, self.test):
            first: dict[str, Look] = {}
            for look in _read(looks):
                earlier = first.setdefault(look.sha256, look)
                if earlier.example.label != look.example.label:
                    pairs.append((earlier.picture.name, look.picture.name))
        return tuple(pairs)

    @property
    def repeated(self) -> int:
        """How many pictures within a split have the same bytes as an earlier one of it."""
        return sum(len(looks) - len({look.sha256 for look in looks}) for looks in map(_read, (self.train, self.validation, self.test)))

    @property
    def sizes(self) -> Counter[tuple[int, int]]:
        """How many pictures have each (height, width) in pixels."""
        return Counter((look.height_px, look.width_px) for look in self.looks if not look.error)

    @property
    def counts(self) -> dict[str, tuple[int, int]]:
        """Images of each class: (train, test)."""
        found: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        for split, looks in enumerate((self.train, self.test)):
            for look in looks:
                found[look.example.label][split] += 1
        return {name: (found[label][0], found[label][1]) for label, name in enumerate(self.dataset.classes)}

    @property
    def validation_counts(self) -> dict[str, int]:
        """Images of each class in a validation folder."""
        found = Counter(look.example.label for look in self.validation)
        return {name: found[label] for label, name in enumerate(self.dataset.classes)}

    @property
    def fingerprint(self) -> str:
        """sha256 over the names, classes and contents of all readable training pictures, and of the test split."""
        looks = (("train", self.train), ("test", self.test))
        return digest_of((split, look.example, look.sha256) for split, part in looks for look in part if not look.error)

    @property
    def validation_fingerprint(self) -> str:
        """The same of a validation folder's pictures; empty where there is none."""
        return digest_of(("validation", look.example, look.sha256) for look in self.validation if not look.error) if self.validation else ""


def _read(looks: Iterable[Look]) -> list[Look]:
    return [look for look in looks if look.sha256]


def survey(dataset: Dataset, *, tick: Callable[[int, int], None] = lambda done, total: None) -> Survey:
    """Read and decode every image once; ``tick(done, total)`` is called after each.

    The pictures of the survey's data set refuse any other content from then on.
    """
    parts = (dataset.train, dataset.validation, dataset.test)
    examples = [example for part in parts for example in part]
    looks = []
    with ThreadPoolExecutor(_WORKERS) as pool:
        for done, look in enumerate(pool.map(_look, examples), start=1):
            looks.append(look)
            tick(done, len(examples))
    train, validation, test = in_parts(looks, parts)
    held = [tuple(look.example for look in part) for part in (train, validation, test)]
    return Survey(replace(dataset, train=held[0], validation=held[1], test=held[2]), train, test, validation=validation)


def _look(example: Example) -> Look:
    digest = ""
    try:
        content = example.picture.content()
        digest = sha256_of(content)
        height, width = example.picture.decoded(content).shape[:2]
    except ImageError as error:
        return Look(example, digest, 0, 0, error)
    return Look(replace(example, picture=example.picture.holding(digest)), digest, height, width, None)
