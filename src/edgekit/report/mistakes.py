"""Where a file is wrong, or disagrees with the trained model: counts of classes, and the images themselves."""

from __future__ import annotations

import base64
import io
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from edgekit.datasets.decode import decode
from edgekit.errors import EdgekitError
from edgekit.report.blocks import scores
from edgekit.spec.task import Task
from edgekit.store.files import inside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.report.row import Row
    from edgekit.spec.task import Decision

_MOST_OF_A_ROW, _MOST_IMAGES = 12, 100
_SIDE_PX = 160


class Gallery:
    """Small copies of images as data URLs, each once: ``images`` by the key that `add` returned."""

    def __init__(self) -> None:
        self.images: dict[str, str] = {}

    def add(self, root: str, name: str) -> str | None:
        """Return the key of the image ``name`` below ``root``, or ``None``: it cannot be had, or there are many already."""
        path = Path(root, name)
        key = str(path)
        if key not in self.images:
            if len(self.images) >= _MOST_IMAGES or not root:
                return None
            try:
                picture = Image.fromarray(decode(inside(Path(root), name)))
            except (EdgekitError, OSError):
                return None
            picture.thumbnail((_SIDE_PX, _SIDE_PX))
            data = io.BytesIO()
            picture.save(data, "PNG")
            self.images[key] = f"data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}"
        return key


def confusions(row: Row) -> list[tuple[int, int, int]]:
    """Return (label, answer, images) for every pair that came up; where an image may have several labels, there are no pairs."""
    said = (
        {index: row.decision.answer(values)[0] for index, values in scores(row.good).items() if index in row.compared}
        if row.decision.task is not Task.MULTILABEL
        else {}
    )
    counts = Counter((label, said[index]) for index, label in _labels(row).items() if index in said)
    return sorted((label, answer, count) for (label, answer), count in counts.items())


def mistakes(row: Row, gallery: Gallery) -> list[dict[str, Any]]:
    """Return the worst images: disagreements with the trained model first, then errors, by how far the right score is behind."""
    found = []
    for index, values in scores(row.good).items():
        image, said = row.pictures[index], row.decision.answer(values)
        wanted = [(not disagrees, answer) for disagrees, answer in ((True, image.trained), (False, image.truth)) if answer not in (None, said)]
        if wanted:
            wrong_alone, answer = wanted[0]
            found.append((wrong_alone, -_behind(row.decision, values, said, answer or ()), index, said))
    return [
        {
            "image": gallery.add(row.root, row.pictures[index].name),
            "name": row.pictures[index].name,
            "label": _shown(row.decision, row.pictures[index].truth),
            "keras": _shown(row.decision, row.pictures[index].trained),
            "said": _shown(row.decision, said),
        }
        for _, _, index, said in sorted(found)[:_MOST_OF_A_ROW]
    ]


def _behind(decision: Decision, values: Sequence[float], said: tuple[int, ...], answer: tuple[int, ...]) -> float:
    """Return how far scores are from the right answer: the right one behind the highest, or the furthest beyond its threshold."""
    if decision.task is Task.CLASSES:
        return max(values) - values[answer[0]]
    wrong = [0] if decision.task is Task.BINARY else set(said) ^ set(answer)
    return max(abs(values[index] - decision.cuts[index]) for index in wrong)


def _shown(decision: Decision, answer: tuple[int, ...] | None) -> int | list[int] | None:
    if answer is None:
        return None
    return list(answer) if decision.task is Task.MULTILABEL else answer[0]


def _labels(row: Row) -> dict[int, int]:
    return {index: image.label for index, image in enumerate(row.pictures) if image.label is not None}
