"""Every artifact in every client that is installed: does it open there, and are its answers those that were recorded?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from edgekit.datasets.decode import decode
from edgekit.datasets.resize import as_input
from edgekit.errors import SessionError, StoreError
from edgekit.runtimes.base import installed_for
from edgekit.spec.limits import limits_of
from edgekit.store.bundle import open_artifact
from edgekit.store.contract import read_embedded
from edgekit.verifying.bundle import golden_pictures, image_names, sample_names
from edgekit.verifying.check import Check
from edgekit.verifying.clients.ask import answers_of
from edgekit.verifying.clients.table import CLIENTS, Client
from edgekit.verifying.verdict import judged, known_of, refused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from edgekit.spec.progress import Progress
    from edgekit.spec.tensor import TensorSpec
    from edgekit.store.bundle import Artifact, Bundle
    from edgekit.store.contract import Contract


def examine_bundle(bundle: Bundle, progress: Progress, *, memory_bytes: int | None = None) -> list[Check]:
    """Ask each installed client for its answers to the golden images, in a process that may hold so much memory."""
    pictures, damaged = golden_pictures(bundle)
    checks = list(damaged)
    for entry in bundle.manifest.artifacts:
        own = bundle.golden.own.get(entry.file)
        try:
            artifact = bundle.artifact(entry)
        except StoreError as error:
            checks.append(Check(entry.file, "file", False, error.message))
            continue
        if damaged or own is None:
            checks.append(Check(entry.file, "scores", None, "not checked: the golden images or their scores are missing"))
        else:
            checks += _examine(artifact, pictures, np.array(own.scores, np.float32), image_names(bundle), progress, memory_bytes)
    return checks


def examine_file(path: Path, progress: Progress, *, memory_bytes: int | None = None) -> list[Check]:
    """Ask each installed client for its answers to the samples inside a file, in a process that may hold so much memory."""
    artifact = open_artifact(path)
    pictures = [decode(data, name=f"a sample inside {path.name}") for data in read_embedded(path).pictures]
    recorded = np.array([sample.scores for sample in artifact.contract.samples], np.float32)
    return _examine(artifact, pictures, recorded, sample_names(artifact), progress, memory_bytes)


def _examine(
    artifact: Artifact,
    pictures: Sequence[NDArray[np.uint8]],
    recorded: NDArray[np.float32],
    names: Sequence[str],
    progress: Progress,
    memory_bytes: int | None,
) -> list[Check]:
    clients = [client for client in CLIENTS.values() if artifact.contract.format in client.formats and client.is_installed]
    checks = []
    for done, client in enumerate(clients):
        progress.advance(f"asking for {artifact.path.name}", done, len(clients), client.name)
        checks.append(_asked(client, artifact, pictures, recorded, names, memory_bytes))
    return checks


def _asked(
    client: Client,
    artifact: Artifact,
    pictures: Sequence[NDArray[np.uint8]],
    recorded: NDArray[np.float32],
    names: Sequence[str],
    memory_bytes: int | None,
) -> Check:
    contract = artifact.contract
    name, subject = artifact.path.name, f"{client.name} {client.version}"
    taken = contract.input
    if -1 in taken.shape and not client.any_size:
        own = installed_for(contract.format)
        if not own:
            return Check(name, subject, None, "not checked: it takes the declared size alone, and no runtime is here to compare with")
        taken = _declared(contract)
        pictures = [as_input(pixels, taken)[0] for pixels in pictures]
        try:
            recorded = answers_of(CLIENTS[own[0].name], artifact, [as_input(pixels, taken) for pixels in pictures], memory_bytes)
        except SessionError as error:
            return Check(name, subject, None, f"not checked: what its answers would be compared with fails: {error.message}")
    try:
        got = answers_of(client, artifact, [as_input(pixels, taken) for pixels in pictures], memory_bytes)
    except SessionError as error:
        return refused(artifact, subject, client.name, error)
    of = "images" if taken == contract.input else f"images of the declared {taken.shape[1]} × {taken.shape[2]}"
    check = judged(artifact, subject, (recorded, got), names, limit=limits_of(contract.precision, contract.head).far, of=of)
    known = known_of(artifact, client.name)
    if known and not known.told and check.compared and not check.passed:
        return Check(name, subject, None, f"known: {known.reason}", compared=True)
    return check


def _declared(contract: Contract) -> TensorSpec:
    """Return the input at the size that a file of any size declares."""
    side = contract.preprocessing.image_px
    return msgspec.structs.replace(contract.input, shape=(1, side, side, 3))
