"""What the files answer to the whole test set, beside the trained model and the stock converter's int8 file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from edgekit.analysis.accuracy import drop_interval
from edgekit.analysis.differences import counted, differences
from edgekit.datasets.resize import as_input
from edgekit.spec.accuracy import Accuracy  # noqa: TC001 (msgspec reads it)
from edgekit.spec.units import percent, points_between
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
    """What a file answers, counted beside the trained model and beside the first file asked.

    ``other`` images have another top class than the trained model's; ``share`` is max |Δ| of the range of its scores.
    """

    name: str
    trained: Accuracy
    first: Accuracy
    other: int
    share: float


def ask(folder: Path, names: Sequence[str], test: Evidence) -> None:
    """Ask each contender for the test images, and keep the figures in ``folder``; all are held against the first as well."""
    with ThreadPoolExecutor(2) as pool:
        scores = list(pool.map(lambda name: _scores(folder, name, test.pictures), names))
    answered = zip(["the trained model", *names], [test.reference, *scores], strict=True)
    rows = [_row(name, test, scores[0], own) for name, own in answered]
    write_whole(folder / ANSWERED_FILE, msgspec.json.encode(rows))


def table(folder: Path) -> list[str]:
    """Return a Markdown table of what was kept in ``folder``."""
    rows = msgspec.json.decode((folder / ANSWERED_FILE).read_bytes(), type=list[Row])
    columns = ("", "top-1", "drop in points", f"drop from {rows[1].name}", "another top class", "max \\|Δ\\|, of the range", "layers in float32")
    lines = [f"On {rows[0].trained.images} test images, with 95 % intervals:", "", "| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for row in rows:
        drops = (points_between(counts.drop, drop_interval(counts)) for counts in (row.trained, row.first))
        cells = (row.name, percent(row.trained.share), *drops, row.other, f"{row.share:.1e}", _in_float(folder, row.name))
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


def _row(name: str, test: Evidence, first: NDArray[np.float32], scores: NDArray[np.float32]) -> Row:
    found = differences(test.reference, scores, margin=0.0)
    other = round(found.images * (1 - found.agreement_of_all))
    runtime = name.rpartition(" in ")[2]
    trained, beside_first = (counted(runtime, reference, scores, test.labels) for reference in (test.reference, first))
    return Row(name=name, trained=trained, first=beside_first, other=other, share=found.share)
