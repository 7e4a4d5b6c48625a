"""How a row is named, and how and with what a result was measured, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from edgekit.report.compared import Images
from edgekit.spec.protocol import Sizes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.report.row import Row
    from edgekit.store.result import Result


def name(row: Row, *, several: bool) -> str:
    """Return what tells a row from the others; ``several``: there are several machines."""
    return f"{row.shown} in {row.shown_runtime}{f' on {row.shown_machine}' if several else ''}"


def protocol_in_words(result: Result) -> str:
    """Return two sentences."""
    protocol = result.header.protocol
    return (
        f"Budget {protocol.name}: at least {protocol.least_images} images and {protocol.least_s:g} s in "
        f"{protocol.processes} fresh process{'es' * (protocol.processes > 1)}, "
        f"shuffled with seed {protocol.seed}; started at {result.header.started_at}. Raw image in memory to scores, preprocessing inside."
    )


def circumstances(result: Result) -> list[tuple[str, str]]:
    """Return what is known of the machine, and every runtime with its version: two of them, where two interpreters served it."""
    versions: dict[str, dict[str, None]] = {}
    for block in result.blocks:
        versions.setdefault(block.runtime, {})[block.version or "not installed"] = None
    known = [(key, str(value)) for key, value in msgspec.structs.asdict(result.header.environment).items() if value not in (None, "")]
    return [*known, *((runtime, ", ".join(versions[runtime])) for runtime in sorted(versions))]


def accuracies_in_words(rows: Sequence[Row]) -> list[str]:
    """Say which images the accuracies of a table are of: how many of how many, and that they are the same in every row."""
    told: dict[str, None] = {}
    tested = sorted({row.tested.images for row in rows if row.tested})
    if tested:
        counts = " or ".join(f"{count:,}" for count in tested)
        told[f"test top-1: of the {counts} test images that a file was proved on when it was exported"] = None
    for row in rows:
        if row.compared and (row.accuracy is not None or row.agreement is not None):
            told[_measured_in_words(row)] = None
    return list(told)


def accuracy_title(kind: Images) -> str:
    """Return what an accuracy is called, by what it is of: as the columns of a report are."""
    return {Images.TEST: "test top-1", Images.GOLDEN: "golden top-1", Images.PHOTOGRAPHS: "photos top-1"}[kind]


def images_in_words(row: Row) -> str:
    """Return what a row was measured with: ``300 of 3,360 photographs``, ``32 golden images``."""
    count = f"{row.images:,}" if row.images == row.images_of else f"{row.images:,} of {row.images_of:,}"
    return f"{count} golden images" if row.measured_on is Images.GOLDEN else f"{count} photographs"


def _measured_in_words(row: Row) -> str:
    mixed = ", each in its own size" if row.feed.sizes is Sizes.MIXED else ""
    if row.measured_on is Images.GOLDEN:
        return f"measured with {images_in_words(row)}, the same for every row{mixed}; some of them were chosen since they are hard"
    chosen = ", chosen by a seed and as evenly over the folders as they allow" if row.images < row.images_of else ""
    return f"photos top-1: on {images_in_words(row)}{chosen}, the same for every row{mixed}"
