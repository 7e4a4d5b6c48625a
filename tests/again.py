"""All files of a run and of a model trained elsewhere, made once more: `python again.py RUN MODEL IMAGES OUT`, on a day to come."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.exporting.pipeline import export
from edgekit.exporting.source.foreign import ForeignOptions
from edgekit.exporting.source.keras_model import of_file
from edgekit.exporting.source.source import of_run
from edgekit.spec.export import OPTIONS_FOR, PRECISIONS, Format, OnnxOptions, Precision
from edgekit.spec.progress import Silent
from edgekit.spec.tuning import built_in
from edgekit.store.run import open_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.spec.export import ExportOptions
    from edgekit.store.bundle import Bundle

EVERY = [OPTIONS_FOR[kind](precision=precision) for precision in Precision for kind in Format if precision in PRECISIONS[kind]]
_SOME = (Precision.FLOAT32, Precision.INT8)
TUNED = [
    *(OPTIONS_FOR[kind](precision=precision, tuning=built_in("x86-vnni")) for kind in Format for precision in _SOME),
    *(OnnxOptions(precision=precision, tuning=built_in("openvino")) for precision in _SOME),
]
_DAYS = 40


def made(run: Path, options: Sequence[ExportOptions], model: Path, images: Path, out: Path) -> list[Bundle]:
    """The run by these options, and the model's float32 ONNX file."""
    foreign = of_file(model, ForeignOptions(golden=images), progress=Silent())
    return [
        export(of_run(open_run(run)), options, out, progress=Silent()),
        export(foreign, [OnnxOptions()], out, progress=Silent()),
    ]


if __name__ == "__main__":
    now = time.time
    time.time = lambda: now() + _DAYS * 86_400
    made(Path(sys.argv[1]), EVERY + TUNED, *map(Path, sys.argv[2:]))
