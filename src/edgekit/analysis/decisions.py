"""What scores decide, image by image: a class, or of each label whether it is there; and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgekit.spec.task import CLASSES, Decision, Task

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


def decided(scores: NDArray[np.floating], decision: Decision = CLASSES) -> NDArray[np.int64]:
    """Return int64 (images, decisions) for (images, scores): the class, or of each score whether it is above its threshold."""
    if decision.task is Task.CLASSES:
        highest: NDArray[np.int64] = scores.argmax(axis=1)[:, np.newaxis]
        return highest
    found: NDArray[np.int64] = (scores > np.array(decision.cuts)).astype(np.int64)
    return found


def margins(scores: NDArray[np.floating], decision: Decision = CLASSES) -> NDArray[np.floating]:
    """Return (images, decisions): how far the highest score is above the next one, or each score from its threshold."""
    if decision.task is Task.CLASSES:
        return top_two_margins(scores)[:, np.newaxis]
    found: NDArray[np.floating] = np.abs(scores - np.array(decision.cuts, scores.dtype))
    return found


def top_two_margins(scores: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return how far each image's highest score is above the next one; infinitely, where there is no other."""
    if scores.shape[1] < 2:
        return np.full(len(scores), np.inf, scores.dtype)
    ordered = np.sort(scores, axis=1)
    found: NDArray[np.floating] = ordered[:, -1] - ordered[:, -2]
    return found


def right(scores: NDArray[np.float32], labels: NDArray[np.int64], decision: Decision = CLASSES) -> NDArray[np.bool_]:
    """Return of each image whether all is decided as its ``labels`` say: int64 (images,), or (images, labels) of zeros and ones."""
    found: NDArray[np.bool_] = (decided(scores, decision) == labels.reshape(len(scores), -1)).all(axis=1)
    return found


def truth_of(labels: Iterable[Iterable[int]], decision: Decision, count: int) -> NDArray[np.int64]:
    """Return what `right` compares with, of the ``labels`` of each image, out of ``count``."""
    if decision.task is not Task.MULTILABEL:
        return np.array([next(iter(of_image)) for of_image in labels], np.int64)
    return np.array([[int(index in set(of_image)) for index in range(count)] for of_image in labels], np.int64).reshape(-1, count)


def f1(scores: NDArray[np.float32], labels: NDArray[np.int64], decision: Decision) -> float | None:
    """Return the F1 of all labels' decisions together (micro-averaged): 2 TP / (2 TP + FP + FN); ``None`` where no label is there or named."""
    answers = decided(scores, decision)
    hits, named, there = (int(values.sum()) for values in (answers * labels, answers, labels))
    return 2 * hits / (named + there) if named + there else None
