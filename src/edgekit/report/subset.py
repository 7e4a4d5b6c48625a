"""A bundle of one: a model file out of a bundle, with all that it needs beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from edgekit.card import write_card
from edgekit.errors import StoreError
from edgekit.store.atomic import staged_folder, write_whole, writing
from edgekit.store.bundle import LABELS_FILE, MANIFEST_FILE, TUNED_FILE, Bundle, open_bundle, sha256_of
from edgekit.store.files import copy
from edgekit.store.golden import GOLDEN_FILE
from edgekit.store.latency import read_latency, write_latency
from edgekit.store.manifest import KERAS
from edgekit.store.record import encode

if TYPE_CHECKING:
    from pathlib import Path


def copy_of_one(bundle: Bundle, sha256: str, folder: Path) -> Bundle:
    """Copy the file with that ``sha256`` into a bundle of its own, ``folder`` or the first free name after it.

    Raises:
        StoreError: the bundle has no such file, or it is not what was exported.

    """
    entry = next((entry for entry in bundle.manifest.artifacts if entry.sha256 == sha256), None)
    if entry is None:
        raise StoreError(f"the file that was measured is no longer in its bundle. Received: {bundle.folder}", hint="measure the bundle again")
    path = bundle.artifact(entry).path
    own = {name: scores for name, scores in bundle.golden.own.items() if name == entry.file}
    checks = bundle.manifest.checks
    parity = tuple(record for record in checks.parity if (record.file, record.against) == (entry.file, KERAS))
    trials = tuple(trial for trial in checks.tuning if (trial.format, trial.precision) == (entry.format, entry.precision))
    with staged_folder(folder.parent, folder.name) as stage:
        with writing(stage.path):
            copy(path, stage.path / entry.file)
            copy(bundle.folder / LABELS_FILE, stage.path / LABELS_FILE)
            if (bundle.folder / TUNED_FILE).is_file():
                copy(bundle.folder / TUNED_FILE, stage.path / TUNED_FILE)
            for image in bundle.golden.images:
                copy(bundle.golden_path(image), stage.path / image.file)
        write_whole(stage.path / GOLDEN_FILE, encode(msgspec.structs.replace(bundle.golden, own=own)))
        manifest = msgspec.structs.replace(
            bundle.manifest,
            golden_sha256=sha256_of(stage.path / GOLDEN_FILE),
            artifacts=(entry,),
            checks=msgspec.structs.replace(checks, parity=parity, tuning=trials),
        )
        measured = [row for row in read_latency(bundle.folder) if row.sha256 == sha256]
        if measured:
            write_latency(stage.path, measured)
        write_card(stage.path, manifest)
        write_whole(stage.path / MANIFEST_FILE, encode(manifest))
    return open_bundle(stage.final)
