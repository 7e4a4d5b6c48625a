"""Jobs on the small bundle, as the tests of this folder want them."""

from __future__ import annotations

from pathlib import Path

import msgspec

from edgekit.benchmarking.job import Job
from edgekit.runtimes.base import is_installed, version_of
from edgekit.spec.protocol import BACK_TO_BACK, BUDGETS, Purpose
from edgekit.spec.runtime import RUNTIMES, runtime_named
from edgekit.store.measurement import Planned

QUICK = msgspec.structs.replace(BUDGETS["smoke"], least_images=4, least_s=0.01, warmup_s=0.0)
FLOAT32, INT8 = "mobilenet-float32.tflite", "mobilenet-int8.tflite"


def served():
    """A real runtime for TFLite files that is installed here."""
    return next(row.name for row in RUNTIMES.values() if is_installed(row) and not row.only_when_named and "tflite" in row.formats)


def job(bundle, name=FLOAT32, runtime="fake", process=0, purpose=Purpose.TIMING, feed=BACK_TO_BACK, **changed):
    entry = next(entry for entry in bundle.manifest.artifacts if entry.file == name)
    planned = Planned(
        source=str(bundle.folder), file=name, sha256=entry.sha256, bytes=entry.bytes, precision=entry.precision.value, tuning="none",
        runtime=runtime, version=version_of(runtime_named(runtime)),
    )  # fmt: skip
    fields = {
        "planned": planned,
        "path": str(Path(bundle.folder / name).resolve()),
        "process": process,
        "purpose": purpose,
        "feed": feed,
        "images": tuple(str(bundle.golden_path(image).resolve()) for image in bundle.golden.images[:8]),
        "protocol": QUICK,
    }
    return Job(**(fields | changed))
