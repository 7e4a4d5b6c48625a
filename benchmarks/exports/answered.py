"""What the files answer to the whole test set, beside the trained model."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from edgekit.analysis.differences import differences, right
from edgekit.datasets.resize import as_input
from edgekit.spec.units import percent
from edgekit.store.atomic import write_whole
from edgekit.store.bundle import MANIFEST_FILE, open_bundle
from exports.contenders import CONTENDERS
from sidebyside.contender import ANY_IMAGE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from edgekit.export.evidence import Evidence

ANSWERED_FILE = "answered.json"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """``other`` images have another top class than the trained model's; ``share`` is max |Δ| of the range of its scores."""

    name: str
    images: int
    right: int
    other: int
    share: float


def ask(folder: Path, names: Sequence[str], test: Evidence) -> None:
    """Ask each contender for the test images, and keep the figures in ``folder``."""
    trained = _row("the trained model", test, test.reference)
    with ThreadPoolExecutor(2) as pool:
        rows = list(pool.map(lambda name: _row(name, test, _scores(folder, name, test.pictures)), names))
    write_whole(folder / ANSWERED_FILE, msgspec.json.encode([trained, *rows]))


def table(folder: Path) -> list[str]:
    """Return a Markdown table of what was kept in ``folder``."""
    rows = msgspec.json.decode((folder / ANSWERED_FILE).read_bytes(), type=list[Row])
    columns = ("", "top-1", "points", "another top class", "largest difference, of the range", "layers in float32")
    lines = [f"On {rows[0].images} test images:", "", "| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for row in rows:
        points = 100 * (row.right - rows[0].right) / row.images
        cells = (row.name, percent(row.right / row.images), f"{points:+.2f}", row.other, f"{row.share:.1e}", _in_float(folder, row.name))
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return lines


def _in_float(folder: Path, name: str) -> str:
    """Return which layers of an int8 file of edgekit's are in float32."""
    path = folder / name.partition(" in ")[0]
    ours = (path.parent / MANIFEST_FILE).is_file()
    records = open_bundle(path.parent).manifest.artifacts if ours else ()
    return ", ".join(layer for record in records if record.file == path.name for layer in record.layers_in_float)


def _scores(folder: Path, name: str, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    answer = CONTENDERS[name].open(folder, 0)
    return np.concatenate([answer(as_input(pixels, ANY_IMAGE)) for pixels in pictures])


def _row(name: str, test: Evidence, scores: NDArray[np.float32]) -> Row:
    found = differences(test.reference, scores, margin=0.0)
    other = round(found.images * (1 - found.agreement_of_all))
    return Row(name=name, images=found.images, right=int(right(scores, test.labels).sum()), other=other, share=found.share)
