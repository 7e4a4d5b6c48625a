"""Answers of a classifier as a table, CSV and JSON: what each task shows of an image."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING, Any

from edgekit.spec.task import Task
from edgekit.text.markup import in_spreadsheet
from edgekit.text.units import milliseconds, percent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edgekit.classifier import Prediction

    Answered = Sequence[tuple[Path, Prediction]]

_NONE = "–"
SEPARATOR = ";"
"""Between the labels of an image in a cell of CSV."""


def as_table(answers: Answered) -> tuple[list[str], list[list[str]]]:
    """Return the columns and rows of a table; of several labels those that are above their thresholds, and the strongest."""
    several = answers[0][1].task is Task.MULTILABEL
    columns = ["image", *(["labels", "strongest"] if several else ["class"]), "probability", "score", "time"]
    return columns, [
        [
            str(file),
            *([", ".join(answer.labels) or _NONE] if several else []),
            answer.label,
            _share(answer.probability),
            f"{answer.score:.3f}",
            milliseconds(answer.elapsed_ns),
        ]
        for file, answer in answers
    ]


def as_csv(answers: Answered) -> str:
    """Return lines of CSV; several labels of an image are in one cell, with semicolons between. No text is a formula to a spreadsheet."""
    several = answers[0][1].task is Task.MULTILABEL
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["image", *(["labels", "strongest"] if several else ["class"]), "score", "probability"])
    writer.writerows(
        [
            in_spreadsheet(str(file)),
            *([in_spreadsheet(SEPARATOR.join(answer.labels))] if several else []),
            in_spreadsheet(answer.label),
            f"{answer.score:.6f}",
            "" if math.isnan(answer.probability) else f"{answer.probability:.6f}",
        ]
        for file, answer in answers
    )
    return text.getvalue()


def as_plain(answers: Answered) -> list[dict[str, Any]]:
    """Return the answers as plain values for JSON: ``class`` is the strongest label, ``labels`` all that hold."""
    return [
        {
            "image": str(file),
            "class": answer.label,
            "labels": list(answer.labels),
            "probability": _known(answer.probability),
            "probabilities": [_known(value) for value in answer.probabilities.tolist()],
            "score": answer.score,
            "scores": answer.scores.tolist(),
            "task": answer.task.value,
            "elapsed_ns": answer.elapsed_ns,
        }
        for file, answer in answers
    ]


def _known(probability: float) -> float | None:
    return None if math.isnan(probability) else probability


def _share(probability: float) -> str:
    return _NONE if math.isnan(probability) else percent(probability)
