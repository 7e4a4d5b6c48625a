"""Seeded choices among examples: a split, a class-balanced sample."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.datasets.dataset import Example


def balanced(examples: Sequence[Example], count: int, seed: int) -> tuple[Example, ...]:
    """Return up to ``count`` examples, as evenly over the classes as they allow, in the order of choice.

    The first of every class come first, so a prefix is balanced as well.
    """
    queues = list(_shuffled_by_label(examples, seed).values())
    chosen: list[Example] = []
    while len(chosen) < count and any(queues):
        for queue in queues:
            if queue and len(chosen) < count:
                chosen.append(queue.pop())
    return tuple(chosen)


def split_off(examples: Sequence[Example], share: float, seed: int) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """Split into (rest, part), where ``part`` is about ``share`` of the examples, chosen by ``seed``.

    Where groups are known, whole groups go to one side; else the choice is stratified by class, and each class
    keeps at least one example in the rest. Both sides keep the order of ``examples``.
    """
    groups = sorted({example.group for example in examples})
    if groups != [""] and len(groups) > 1:
        random.Random(seed).shuffle(groups)
        part_groups = set(groups[: max(1, round(share * len(groups)))]) if share > 0 else set()
        part = {id(example) for example in examples if example.group in part_groups}
    else:
        part = {
            id(example)
            for queue in _shuffled_by_label(examples, seed).values()
            for example in queue[: min(len(queue) - 1, max(1, round(share * len(queue)))) if share > 0 else 0]
        }
    return (
        tuple(example for example in examples if id(example) not in part),
        tuple(example for example in examples if id(example) in part),
    )


def _shuffled_by_label(examples: Sequence[Example], seed: int) -> dict[int, list[Example]]:
    by_label: dict[int, list[Example]] = defaultdict(list)
    for example in sorted(examples, key=lambda example: (example.label, example.picture.name)):
        by_label[example.label].append(example)
    for label, queue in by_label.items():
        random.Random(f"{seed}/{label}").shuffle(queue)
    return dict(by_label)
