"""What a classifier takes for what: a confusion matrix, and the figures that a person reads from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgekit.store.run import ClassRecord, ConfusedRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def confusion_matrix(labels: NDArray[np.integer], answers: NDArray[np.integer], classes: int) -> NDArray[np.int64]:
    """Return int64 (classes, classes): rows are the true classes, columns the answers."""
    counts = np.bincount(labels.astype(np.int64) * classes + answers.astype(np.int64), minlength=classes * classes)
    return counts.reshape(classes, classes)


def class_figures(matrix: NDArray[np.int64], names: Sequence[str]) -> tuple[ClassRecord, ...]:
    """Return the figures of each class."""
    of_class, taken_for, right = matrix.sum(axis=1), matrix.sum(axis=0), matrix.diagonal()
    return tuple(
        ClassRecord(
            label=name,
            images=int(of_class[index]),
            precision=_share(right[index], taken_for[index]),
            recall=_share(right[index], of_class[index]),
        )
        for index, name in enumerate(names)
    )


def most_confused(matrix: NDArray[np.int64], names: Sequence[str]) -> tuple[ConfusedRecord, ...]:
    """Return every pair of classes that was confused, the most frequent first."""
    wrong = matrix - np.diag(matrix.diagonal())
    pairs = sorted(np.argwhere(wrong).tolist(), key=lambda pair: -wrong[pair[0], pair[1]])
    return tuple(ConfusedRecord(label=names[label], taken_for=names[answer], images=int(wrong[label, answer])) for label, answer in pairs)


def _share(part: np.int64, whole: np.int64) -> float | None:
    return float(part / whole) if whole else None
