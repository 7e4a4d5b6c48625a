"""All files of a run and of a model trained elsewhere, made once more: `python again.py RUN MODEL IMAGES OUT`, on a day to come."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.exporting.pipeline import export
from edgekit.exporting.plan import ExportPlan, files_in
from edgekit.exporting.source.foreign import ForeignOptions
from edgekit.exporting.source.keras_model import of_file
from edgekit.exporting.source.source import of_run
from edgekit.spec.format import Format, Precision
from edgekit.spec.progress import Silent
from edgekit.spec.tuning import built_in
from edgekit.store.run import open_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.store.bundle import Bundle

EVERY = ExportPlan(files=files_in(precisions=tuple(Precision)))
TUNED = (
    ExportPlan(tuning=built_in("x86-vnni")),
    ExportPlan(files=files_in([Format.ONNX]), tuning=built_in("openvino")),
)
_DAYS = 40


def made(run: Path, plans: Sequence[ExportPlan], model: Path, images: Path, out: Path) -> list[Bundle]:
    """The run by these plans, and the model's float32 ONNX file."""
    foreign = of_file(model, ForeignOptions(golden=images), progress=Silent())
    return [
        *(export(of_run(open_run(run)), plan, out, progress=Silent()) for plan in plans),
        export(foreign, ExportPlan(files=((Format.ONNX, Precision.FLOAT32),)), out, progress=Silent()),
    ]


if __name__ == "__main__":
    now = time.time
    time.time = lambda: now() + _DAYS * 86_400
    made(Path(sys.argv[1]), (EVERY, *TUNED), *map(Path, sys.argv[2:]))
