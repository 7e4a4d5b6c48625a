"""Results as rows: one for each artifact in each runtime on each machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgekit.analysis.findings import Finding, findings
from edgekit.analysis.statistics import Latency, latency

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgekit.store.result import Block, Result


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured of one artifact in one runtime. ``latency`` is ``None`` where every block failed.

    ``accuracy`` and ``agreement`` with the trained model are shares of the distinct images measured with. ``shown`` is
    the file, with its bundle's name where the result has several.
    """

    source: str
    file: str
    precision: str
    runtime: str
    version: str
    threads: int
    machine: str
    bytes: int
    images: int
    latency: Latency | None
    load_ns: float
    first_ns: float
    accuracy: float | None
    agreement: float | None
    findings: tuple[Finding, ...]
    errors: tuple[str, ...]
    shown: str


def measurements(result: Result) -> dict[tuple[str, str], list[Block]]:
    """Return the blocks of each measurement, by the file (with its bundle's name where there are several) and the runtime."""
    sources = {block.source for block in result.blocks}
    told_apart_by_name = len({Path(source).name for source in sources}) == len(sources)
    groups: dict[tuple[str, str], list[Block]] = {}
    for block in result.blocks:
        bundle = Path(block.source).name if told_apart_by_name else block.source
        shown = f"{bundle}/{block.file}" if len(sources) > 1 else block.file
        groups.setdefault((shown, block.runtime), []).append(block)
    return groups


def rows(results: Iterable[Result]) -> list[Row]:
    """Return the rows of all results, the fastest first within each result."""
    return [row for result in results for row in sorted(_rows_of(result), key=_speed)]


def _speed(row: Row) -> float:
    median = row.latency.percentiles_ns[50] if row.latency else None
    return median if median is not None else float("inf")


def _rows_of(result: Result) -> Iterable[Row]:
    groups = measurements(result)
    machine = str(result.header.environment.get("cpu") or "unknown")
    for (shown, _), blocks in groups.items():
        good = [block for block in blocks if not block.error]
        first = good[0] if good else blocks[0]
        samples = [block.timed_ns for block in good]
        scores = {index: values for block in good for index, values in block.scores.items()}
        images = result.header.images.get(first.source, ())
        yield Row(
            source=first.source,
            file=first.file,
            precision=first.precision,
            runtime=first.runtime,
            version=first.version,
            threads=first.threads,
            machine=machine,
            bytes=first.bytes,
            images=len(scores),
            latency=latency(samples, seed=result.header.protocol.seed) if good else None,
            load_ns=float(np.median([block.load_ns for block in good])) if good else 0.0,
            first_ns=float(np.median([block.first_ns for block in good])) if good else 0.0,
            accuracy=_share(scores, [image.label for image in images]),
            agreement=_share(scores, [image.keras for image in images]),
            findings=tuple(
                findings(
                    samples,
                    [block.first_ns for block in good],
                    least_images=result.header.protocol.least_images,
                    planned=result.header.protocol.processes,
                    failed=len(blocks) - len(good),
                )
            ),
            errors=tuple(sorted({block.error for block in blocks if block.error})),
            shown=shown,
        )


def _share(scores: dict[int, tuple[float, ...]], wanted: list[int | None]) -> float | None:
    known = [int(np.argmax(values)) == wanted[index] for index, values in scores.items() if wanted[index] is not None]
    return sum(known) / len(known) if known else None
