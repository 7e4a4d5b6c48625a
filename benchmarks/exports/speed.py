"""How many times as fast edgekit's files are as others', or as those without a rewrite: the page's first table, a row for each network and tuning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.analysis.comparison import compare
from edgekit.spec.format import DEFAULT_PRECISIONS
from edgekit.spec.tuning import built_in
from exports.contenders import RUNTIMES, STOCK, parts_of
from sidebyside.contender import FOR_OPENVINO
from sidebyside.measuring import SEED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sidebyside.contender import Contender
    from sidebyside.measuring import Measured


@dataclass(frozen=True, slots=True)
class Summary:
    """``cells`` by what a column holds a file against."""

    network: str
    tuning: str
    cells: Mapping[str, str]

    @classmethod
    def of(cls, network: str, tuning: str, contenders: Mapping[str, Contender], found: Measured) -> Summary:
        """Compare each file of the tuning with stock in its runtime, and the fastest of each precision with OpenVINO's best.

        To a tuning for such CPUs belong the files that are for OpenVINO.
        """
        ours = {name: row for name, row in contenders.items() if name.startswith(f"{tuning}/")}
        cells = {}
        for precision in DEFAULT_PRECISIONS:
            rows = [row for row in ours.values() if row.precision == precision]
            for runtime in RUNTIMES.values():
                (row,) = (row for row in rows if row.name.endswith(f" in {runtime}"))
                cells[f"{runtime} {precision}"] = times(found, row.against, row.name)
            for_openvino = [row for row in contenders.values() if row.name.startswith(f"{FOR_OPENVINO}/") and row.precision == precision]
            best = min((*rows, *(for_openvino if built_in(tuning).instructions else ())), key=lambda row: _median(found, row))
            against = next(row.against for row in contenders.values() if row.precision == precision and row.name.endswith(" in openvino"))
            cells[f"fastest {precision}, against {against.removeprefix(f'{STOCK}-')}"] = (
                f"{times(found, against, best.name)}, {best.name.removeprefix(f'{tuning}/')}"
            )
        return cls(network, tuning, cells)

    @classmethod
    def without(cls, network: str, tuning: str, contenders: Mapping[str, Contender], found: Measured) -> Summary:
        """Compare the files of the whole tuning with those of ``tuning``, which lacks a rewrite: one that has no row is the same file."""
        cells = {f"{parts_of(row.against)[1]} {row.precision}": "the same file" for row in contenders.values()}
        for name, row in contenders.items():
            if name.startswith(f"{tuning}/"):
                cells[f"{parts_of(name)[1]} {row.precision}"] = times(found, name, row.against)
        return cls(network, tuning, cells)


def times(found: Measured, base: str, name: str) -> str:
    """Return how many times as fast as ``base`` ``name`` is, with the interval."""
    compared = compare(found.samples[base], found.samples[name], seed=SEED, interleaved=True)
    low, high = compared.interval
    return f"{1 / compared.ratio:.2f} × ({1 / high:.2f}–{1 / low:.2f})"


def table(summaries: Sequence[Summary]) -> list[str]:
    """Return a Markdown table."""
    columns = list(summaries[0].cells)
    return [
        "| " + " | ".join(("", "tuning", *columns)) + " |",
        "|" + "---|" * (len(columns) + 2),
        *("| " + " | ".join((row.network, row.tuning, *(row.cells[column] for column in columns))) + " |" for row in summaries),
        "",
    ]


def _median(found: Measured, row: Contender) -> float:
    times_ns = sorted(one for process in found.samples[row.name] for one in process)
    return times_ns[len(times_ns) // 2]
