"""What answers are worth beside the recorded ones, and what is said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.analysis.differences import differences
from edgekit.spec.export import Head
from edgekit.spec.limits import limits_of
from edgekit.spec.task import Task
from edgekit.text.units import told_apart
from edgekit.verifying.check import Check
from edgekit.verifying.clients.known import KNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from edgekit.analysis.differences import Differences
    from edgekit.errors import SessionError
    from edgekit.spec.limits import Spread
    from edgekit.store.bundle import Artifact
    from edgekit.verifying.clients.known import Known


def judged(
    artifact: Artifact,
    subject: str,
    answers: tuple[NDArray[np.float32], NDArray[np.float32]],
    names: Sequence[str],
    *,
    limit: Spread,
    of: str = "images",
) -> Check:
    """Hold what ``subject`` answered, the second of ``answers``, against the first: all together within ``limit``, and the same classes.

    ``names`` are the images', ``of`` what they are called together.
    """
    recorded, got = answers
    contract = artifact.contract
    if got.shape != recorded.shape:
        return Check(artifact.path.name, subject, False, f"answers {got.shape}, recorded are {recorded.shape}")
    margin = max(limit.largest, limits_of(contract.precision, contract.head).margin)
    found = differences(recorded, got, margin=margin, decision=contract.decision)
    same_classes = contract.head is Head.FEATURES or not found.disagreeing
    near, detail = _held(found, limit)
    detail = f"{found.images} {of}, {detail}"
    if not same_classes:
        what = "another class" if contract.task is Task.CLASSES else "decides otherwise"
        detail += f", {what} on {len(found.disagreeing)}"
    worst = found.worst if not near or same_classes else found.disagreeing[0]
    passed = near and same_classes
    return Check(artifact.path.name, subject, passed, detail if passed else f"{detail}, worst: {names[worst]}", compared=True)


def _held(found: Differences, limit: Spread) -> tuple[bool, str]:
    """Return whether differences are within a limit, and what is said of them: the largest, and of the others what is beyond."""
    share, most = told_apart(found.share, limit.largest)
    said = [f"largest difference {share} of the range (limit {most})"]
    for what, value, bound in (("root mean square", found.rms, limit.rms), ("mean of a class", found.bias, limit.bias)):
        if not value <= bound:
            told, bounded = told_apart(value, bound)
            said.append(f"{what} {told} (limit {bounded})")
    return found.share <= limit.largest and len(said) == 1, ", ".join(said)


def refused(artifact: Artifact, subject: str, asked: str, error: SessionError) -> Check:
    """Tell that ``asked``, a runtime or a client, does not open or answer the artifact; a limit of its own that is known is no failure."""
    known = known_of(artifact, asked)
    if known and known.tells(error.message):
        return Check(artifact.path.name, subject, None, f"known: {known.reason}")
    return Check(artifact.path.name, subject, False, f"refused: {error.message}")


def known_of(artifact: Artifact, asked: str) -> Known | None:
    """Return what is known of a runtime or client that may not take the artifact."""
    return KNOWN.get((asked, artifact.contract.format, artifact.contract.precision))
