"""What the files answer to test images, beside the trained model and, if there is one, the stock converter's int8 file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from edgekit.analysis.accuracy import drop_interval
from edgekit.analysis.differences import counts_beside, differences
from edgekit.datasets.resize import as_input
from edgekit.spec.accuracy import PairedCounts  # noqa: TC001 (msgspec reads it)
from edgekit.store.atomic import write_whole
from edgekit.store.bundle import MANIFEST_FILE, open_bundle
from edgekit.text.units import percent, points_between
from exports.contenders import CONTENDERS, parts_of
from sidebyside.contender import ANY_IMAGE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from edgekit.exporting.parity.reference import Evidence

ANSWERED_FILE = "answered.json"
TRAINED = "the trained model"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What a file answers: counted beside the trained model, and ``beside`` another file if there is one to be held against.

    ``other`` images have another top class than the trained model's; ``share`` is max |Δ| of the range of its scores.
    """

    name: str
    trained: PairedCounts
    beside: PairedCounts | None
    other: int
    share: float


def ask(folder: Path, names: Sequence[str], test: Evidence, *, base: str | None) -> None:
    """Ask each contender for the test images, and keep the figures in ``folder``; ``base`` is the one that all are held against."""
    with ThreadPoolExecutor(2) as pool:
        scores = dict(zip(names, pool.map(lambda name: _scores(folder, name, test.pictures), names), strict=True))
    against = scores[base] if base else None
    rows = [_row(name, test, None if name == base else against, own) for name, own in ({TRAINED: test.reference} | scores).items()]
    write_whole(folder / ANSWERED_FILE, msgspec.json.encode(rows))


def table(folder: Path, *, base: str | None) -> list[str]:
    """Return a Markdown table of what was kept in ``folder``."""
    rows = msgspec.json.decode((folder / ANSWERED_FILE).read_bytes(), type=list[Row])
    columns = [
        "",
        "top-1",
        "points",
        *([f"points beside {base}"] if base else []),
        "another top class",
        "max \\|Δ\\|, of the range",
        "left out, or in float32",
    ]
    lines = [f"On {rows[0].trained.images} test images, with 95 % intervals:", "", "| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for row in rows:
        cells = [row.name, percent(row.trained.share), "" if row.name == TRAINED else _points(row.trained)]
        cells += [_points(row.beside) if row.beside else ""] if base else []
        cells += [str(row.other), f"{row.share:.1e}", _given_up(folder, row.name)]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _points(counts: PairedCounts) -> str:
    """Return how many points above the reference these counts are, to two digits as the limit of half a point asks for."""
    low, high = drop_interval(counts)
    return points_between((counts.won - counts.lost) / counts.images, (-high, -low), digits=2)


def _given_up(folder: Path, name: str) -> str:
    """Return which rewrites an int8 file of edgekit's does without, and which of its layers are in float32, for what it lost with all."""
    path = folder / parts_of(name)[0]
    ours = (path.parent / MANIFEST_FILE).is_file()
    records = open_bundle(path.parent).manifest.artifacts if ours else ()
    return ", ".join(given for record in records if record.file == path.name for given in (*record.left_out, *record.layers_in_float))


def _scores(folder: Path, name: str, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    answer = CONTENDERS[name].open(folder, 0)
    return np.concatenate([answer(as_input(pixels, ANY_IMAGE)) for pixels in pictures])


def _row(name: str, test: Evidence, against: NDArray[np.float32] | None, scores: NDArray[np.float32]) -> Row:
    found = differences(test.reference, scores, margin=0.0)
    other = round(found.images * (1 - found.agreement_of_all))
    counted = partial(counts_beside, scores=scores, labels=test.labels)
    beside = None if against is None else counted(against)
    return Row(name=name, trained=counted(test.reference), beside=beside, other=other, share=found.share)
