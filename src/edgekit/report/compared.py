"""On which images rows are held against each other: the same ones in every row of a measurement."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from edgekit.report.blocks import scores, timed
from edgekit.spec.task import CLASSES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from edgekit.spec.protocol import Sizes
    from edgekit.store.measurement import Block, ResultHeader

    Key = tuple[str, Sizes]


class Images(StrEnum):
    """What the images are that were measured with, or that an accuracy is of."""

    TEST = "test set"
    GOLDEN = "golden"
    PHOTOGRAPHS = "photographs"


@dataclass(frozen=True, slots=True)
class Compared:
    """What a row is judged by: its answers to the images that every row has answered. ``of`` is how many there were to choose from."""

    kind: Images
    answers: Mapping[int, tuple[int, ...]]
    of: int

    def share(self, wanted: Sequence[tuple[int, ...] | None]) -> float | None:
        """Return the share of the answers that are as ``wanted``, of those where that is known."""
        known = [answer == wanted[index] for index, answer in self.answers.items() if wanted[index] is not None]
        return sum(known) / len(known) if known else None


def common_images(header: ResultHeader, measured: Iterable[Sequence[Block]]) -> dict[Key, frozenset[int]]:
    """Return for each folder of images and way to bring them to a size those that all rows have answered."""
    found: dict[Key, frozenset[int]] = {}
    for blocks in measured:
        good = [block for block in timed(blocks) if not block.error]
        if good:
            key, seen = _key(header, good[0]), frozenset(scores(good))
            found[key] = found.get(key, seen) & seen
    return found


def compared(header: ResultHeader, good: Sequence[Block], common: Mapping[Key, frozenset[int]]) -> Compared:
    """Return what a row, all of whose blocks are ``good``, answered to the images of `common_images`."""
    source = good[0].source
    there = common[_key(header, good[0])]
    decision = header.decisions.get(source, CLASSES)
    answers = {index: decision.answer(values) for index, values in scores(good).items() if index in there}
    golden = not header.photographs.get(source) and header.roots.get(source, source) == source
    return Compared(
        Images.GOLDEN if golden else Images.PHOTOGRAPHS,
        answers,
        header.photographs.get(source) or len(header.images.get(source, ())),
    )


def _key(header: ResultHeader, block: Block) -> Key:
    return header.roots.get(block.source, block.source), block.feed.sizes
