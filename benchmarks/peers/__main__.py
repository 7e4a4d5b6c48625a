"""Measure the peers and write the table: ``PYTHONPATH=benchmarks python -m peers RESULTS.md RUN...`` (``make peers``)."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from edgekit.store.atomic import write_whole
from edgekit.store.run import MODEL_FILE, open_run
from peers.contenders import CONTENDERS
from peers.prepare import prepare
from sidebyside.measuring import PROCESSES, machine, measured, table

TEST_IMAGES = 200


def main() -> None:
    page, runs = Path(sys.argv[1]), [open_run(Path(path)) for path in sys.argv[2:]]
    sections: list[str] = []
    for run in runs:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            prepare(run, folder, test_images=TEST_IMAGES)
            shutil.copy(run.folder / MODEL_FILE, folder)
            found = measured("peers.contenders", CONTENDERS, folder)
            sections += [f"## {run.record.network.title}", "", *table(CONTENDERS, found), ""]
        write_whole(page, "\n".join([*_head(), *sections]).encode())


def _head() -> list[str]:
    return [
        "# Side by side",
        "",
        "The same trained weights, from the same raw uint8 image in memory to the scores, one image at a time, one thread. The peers are what their",
        "documentation shows: their preprocessing is Pillow and NumPy, all else is their default. edgekit's files preprocess inside the graph.",
        f"{PROCESSES} fresh processes each, interleaved; a share below 1 is faster; top-1 on {TEST_IMAGES} test images.",
        "All layers of int8 files are in int8, also where an export would keep some in float32 or refuse the file.",
        "",
        *machine(),
    ]


if __name__ == "__main__":
    main()
