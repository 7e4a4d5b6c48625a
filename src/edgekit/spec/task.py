"""What a model's scores are of, and how they become an answer."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

import msgspec

from edgekit.errors import UsageError
from edgekit.spec.bounds import Thresholds  # noqa: TC001 (msgspec reads the annotation)
from edgekit.spec.export import Head

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_THRESHOLD = 0.5
_SHOWN = 8


class Task(StrEnum):
    """What a model's scores are of.

    ``CLASSES``: a score a class, one of which an image shows: a softmax. ``BINARY``: one score for two labels, of which a high
    score means the second: a sigmoid. ``MULTILABEL``: a score a label, each of which an image shows or does not: a sigmoid each.
    """

    CLASSES = "classes"
    BINARY = "binary"
    MULTILABEL = "multilabel"


ACCURACY = {Task.CLASSES: "top-1", Task.BINARY: "accuracy", Task.MULTILABEL: "all labels right"}
"""What the share of images is called that are decided rightly."""


class Decision(msgspec.Struct, frozen=True):
    """How scores of a ``head`` become an answer.

    ``thresholds`` are probabilities, one a score, above which a score means its label; of classes there are none, the highest score wins.
    """

    task: Task = Task.CLASSES
    head: Head = Head.LOGITS
    thresholds: Thresholds = ()

    def fits(self, scores: int) -> bool:
        """Whether there are as many thresholds as so many scores need: none of classes and of features, one a score of all else."""
        return len(self.thresholds) == (0 if self.head is Head.FEATURES or self.task is Task.CLASSES else scores)

    @property
    def cuts(self) -> tuple[float, ...]:
        """The thresholds in the scores' own unit: of logits the log of the odds."""
        return tuple(math.log(value / (1 - value)) for value in self.thresholds) if self.head is Head.LOGITS else self.thresholds

    def decides(self, scores: int) -> bool:
        """Whether so many scores say which labels an image has: features do not, and one score is a class of its own in no model of classes."""
        return self.head is not Head.FEATURES and (scores > 1 or self.task is not Task.CLASSES)

    def answer(self, scores: Sequence[float]) -> tuple[int, ...]:
        """Return the indices of the labels that one image's scores mean: one, but of several labels any number."""
        match self.task:
            case Task.CLASSES:
                return (max(range(len(scores)), key=scores.__getitem__),)
            case Task.BINARY:
                return (int(scores[0] > self.cuts[0]),)
            case Task.MULTILABEL:
                return tuple(index for index, (score, cut) in enumerate(zip(scores, self.cuts, strict=True)) if score > cut)
            case _:
                assert_never(self.task)


CLASSES = Decision()
"""Of logits, the highest wins."""


def labels_of(task: Task, scores: int) -> int:
    """Return how many labels a model of so many scores has."""
    return 2 if task is Task.BINARY else scores


def thresholds_for(task: Task, labels: Sequence[str], given: Sequence[str]) -> tuple[float, ...]:
    """Return a threshold a score; ``given`` are texts as a person writes them: ``0.3`` for all, ``NAME=0.3`` for one label.

    Raises:
        UsageError: one is no probability, is given twice, names no label, or the task has no thresholds.

    """
    if task is Task.CLASSES:
        if given:
            raise UsageError(
                f"classes have no thresholds: the highest score wins. Received: --threshold {given[0]}", hint="leave it out, or say --task multilabel"
            )
        return ()
    everywhere, named = DEFAULT_THRESHOLD, dict[str, float]()
    places = {label: index for index, label in enumerate(labels)}
    for text in given:
        name, separator, value = text.rpartition("=")
        known = name if separator else ""
        if known in named:
            raise UsageError(f"a threshold is given twice. Received: --threshold {text}", hint="give each once")
        if separator and (name not in places or (task is Task.BINARY and places[name] == 0)):
            wanted = labels[1:] if task is Task.BINARY else labels
            raise UsageError(f"a threshold is of a label. Received: --threshold {text}", hint=f"labels with one: {', '.join(wanted[:5])}")
        named[known] = _probability(value, text)
    everywhere = named.get("", everywhere)
    return tuple(named.get(label, everywhere) for label in (labels[1:] if task is Task.BINARY else labels))


def _probability(value: str, text: str) -> float:
    try:
        found = float(value)
    except ValueError:
        found = math.nan
    if not 0 < found < 1:
        raise UsageError(
            f"a threshold is a probability between 0 and 1. Received: --threshold {text}", hint="for example --threshold 0.3, or --threshold cat=0.3"
        )
    return found


def rule(decision: Decision, labels: Sequence[str]) -> str:
    """Return in words how scores become an answer; of classes an empty string."""
    shown = [f"{value:g}" for value in decision.thresholds]
    if decision.task is Task.CLASSES or not shown:
        return ""
    if decision.task is Task.BINARY:
        return f"a probability above {shown[0]} means {labels[1]}, any other {labels[0]}"
    if len({*shown}) == 1:
        return f"each label by itself, above a probability of {shown[0]}"
    told = [f"{value} for {label}" for label, value in zip(labels, shown, strict=True)]
    return f"each label by itself, above a probability of {', '.join(told[:_SHOWN])}{' …' if len(told) > _SHOWN else ''}"
