"""A row: what was measured of one artifact in one runtime with one feed on one machine.

And by which accuracy rows are held against each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.analysis.findings import unstable
from edgekit.report.compared import Images
from edgekit.spec.task import CLASSES, Decision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.analysis.findings import Finding
    from edgekit.analysis.statistics import Latency
    from edgekit.report.sides import Sides
    from edgekit.spec.accuracy import Accuracy
    from edgekit.spec.format import Precision
    from edgekit.spec.protocol import Feed
    from edgekit.store.measurement import Block, ImageRecord
    from edgekit.store.operators import OperatorTime


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured of one artifact in one runtime with one feed. ``latency`` is ``None`` where every block failed.

    ``accuracy`` and ``agreement`` with the trained model are of the images that were measured with, which ``measured_on`` says, and of
    those that every row of the result has answered: ``compared`` are their positions, ``images`` their number, ``images_of`` is how many
    there were to choose from. ``tested`` counts the test images that the file was proved on. ``shown`` is the file, with its bundle's name
    where the result has several, and the result's where several have it; ``shown_runtime`` the runtime with what is not usual about
    threads and feed; ``shown_machine`` what tells the machine from the others. ``reallocations`` and ``late`` are counts of timed images.
    ``findings`` are of this row, ``machine_findings`` of all rows of its result. ``good`` are the blocks that were timed,
    ``pictures`` what they were timed with, named below ``root``, and ``operators`` the times of a run of its own.
    ``decision`` is how scores become an answer.
    """

    source: str
    network: str
    file: str
    sha256: str
    precision: Precision
    runtime: str
    version: str
    threads: int
    feed: Feed
    machine: str
    started_at: str
    bytes: int
    images: int
    latency: Latency | None
    sides: Sides
    accuracy: float | None
    agreement: float | None
    tested: Accuracy | None
    reallocations: int
    late: int
    findings: tuple[Finding, ...]
    machine_findings: tuple[Finding, ...]
    errors: tuple[str, ...]
    shown: str
    shown_runtime: str
    shown_machine: str
    good: tuple[Block, ...] = ()
    operators: tuple[OperatorTime, ...] = ()
    pictures: tuple[ImageRecord, ...] = ()
    root: str = ""
    labels: tuple[str, ...] = ()
    decision: Decision = CLASSES
    measured_on: Images = Images.GOLDEN
    compared: frozenset[int] = frozenset()
    images_of: int = 0

    @property
    def unstable(self) -> tuple[Finding, ...]:
        """What puts its figures in doubt: nothing is to be concluded from them without saying so."""
        return unstable((*self.findings, *self.machine_findings))


def accuracies(rows: Sequence[Row]) -> list[float | None]:
    """Return each row's accuracy, of the kind that `judged_on` tells.

    Files of one bundle may have been proved on different numbers of test images, and some images are easier than others. One that
    was proved on fewer than another gets the trained model's accuracy on the most, less its own drop.
    """
    if judged_on(rows) is not Images.TEST:
        return [row.accuracy for row in rows]
    most: dict[str, Accuracy] = {}
    for row in rows:
        if row.tested and (row.source not in most or row.tested.images > most[row.source].images):
            most[row.source] = row.tested
    return [_beside(row.tested, most[row.source]) if row.tested else None for row in rows]


def judged_on(rows: Sequence[Row]) -> Images:
    """Return what rows are held against each other by: photographs of known classes, where all were measured with the same ones.

    Else the test images that the files were proved on, and where no row has been the golden images.
    """
    measured = [row for row in rows if row.latency]
    alike = {(row.measured_on, row.root, row.compared, tuple(image.name for image in row.pictures)) for row in measured}
    if len(alike) == 1 and measured[0].measured_on is Images.PHOTOGRAPHS and all(row.accuracy is not None for row in measured):
        return Images.PHOTOGRAPHS
    return Images.TEST if any(row.tested for row in rows) else next((row.measured_on for row in measured), Images.TEST)


def _beside(tested: Accuracy, most: Accuracy) -> float:
    return tested.share if tested.images == most.images else most.reference_share - tested.drop
