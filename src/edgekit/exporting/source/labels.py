"""The labels of a model that was trained elsewhere: a text file, a label a line, in the order of the model's scores."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from edgekit.datasets.class_names import both_lists, without_numbers
from edgekit.errors import DataError
from edgekit.spec.task import Task, labels_of
from edgekit.store.labels import label_lines

if TYPE_CHECKING:
    from pathlib import Path

    from edgekit.exporting.source.images import Images
    from edgekit.spec.progress import Progress


def read_labels(file: Path | None, scores: int, *, progress: Progress, task: Task = Task.CLASSES) -> tuple[str, ...]:
    """Return a label for each of the model's scores, of the one of a binary head two: the file's lines, or ``class_0`` and so on.

    Numbers in front of the lines, as some tools write them, are taken off; they say which score a label is of.

    Raises:
        StoreError: the file cannot be read, or has a line that cannot be a label.
        DataError: it does not have as many labels.

    """
    wanted = labels_of(task, scores)
    if file is None:
        return tuple(f"class_{index}" for index in range(wanted))
    lines = label_lines(file)
    if task is Task.BINARY and len(lines) != wanted:
        raise DataError(
            f"a binary head has two labels, the second of which a high score means. Received: {file} ({', '.join(lines[:5]) or 'no labels'})",
            hint="two lines, for example `no dog` and `dog`; or --task multilabel: one label, which is there or not",
        )
    if len(lines) != wanted:
        raise DataError(
            f"the labels do not fit the model: {len(lines)} labels for {wanted} scores. Received: {file}",
            hint="one label a line, in the order of the model's scores",
        )
    labels = without_numbers(lines) or lines
    if labels != lines:
        progress.say(f"the numbers in front of the labels are taken off: they are {', '.join(labels[:3])}{' …' if len(labels) > 3 else ''}")
    return labels


def say_of_labels(images: Images, labels: tuple[str, ...], *, named: bool, progress: Progress) -> None:
    """Say what answers will not tell: labels that several classes have, and photographs whose class is not known.

    ``named``: whoever exports gave the labels.
    """
    alike = [label for label, times in Counter(labels).items() if times > 1]
    if alike:
        progress.say(f"several classes have one label, and answers do not tell them apart: {', '.join(alike[:5])}")
    if not labels or images.labelled:
        return
    unknown = "answers are compared with the model's, and no accuracy is measured"
    if not images.folders:
        progress.say(f"the images' classes are not known: {unknown}")
    elif named:
        progress.say(f"the images' classes are not known, since no folder is named as a label ({both_lists(images.folders, labels)}): {unknown}")
    else:
        progress.say(f"the images' classes are not known, since the model's labels are not: {unknown}; --labels FILE names them")
