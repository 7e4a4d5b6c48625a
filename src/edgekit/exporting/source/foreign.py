"""What somebody says of a Keras model that was trained elsewhere, where its file does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.spec.pixels import RAW, Pixels

if TYPE_CHECKING:
    from pathlib import Path

    from edgekit.spec.export import Head
    from edgekit.spec.task import Task


@dataclass(frozen=True, slots=True)
class ForeignOptions:
    """What the file itself does not say. ``image_px`` is needed where the model takes images of any size.

    ``task`` is needed where one score may mean several things; ``thresholds`` are texts as `thresholds_for` reads them, ``truth`` a
    table of what is on the golden images. ``head`` is what will be exported, where that is known.
    """

    pixels: Pixels = RAW
    labels: Path | None = None
    calibration: Path | None = None
    golden: Path | None = None
    image_px: int | None = None
    unsafe: bool = False
    task: Task | None = None
    thresholds: tuple[str, ...] = ()
    truth: Path | None = None
    head: Head | None = None
