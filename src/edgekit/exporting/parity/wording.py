"""The sentences that tell why a file is refused.

They name the limit that is broken, in as many digits as show it, and the image that shows it best.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from edgekit.errors import VerificationError
from edgekit.exporting.parity.verdict import (
    AccuracyBelow,
    AgreementBelow,
    ErrorBeyond,
    LabelBeyond,
    LabelsBeyond,
    NothingCounts,
    OtherScores,
    ScoreBeyond,
)
from edgekit.spec.format import Precision
from edgekit.spec.task import Task
from edgekit.text.units import told_apart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.exporting.parity.verdict import Breach, LimitBroken
    from edgekit.spec.runtime import RuntimeSpec
    from edgekit.store.bundle import Artifact


def refusal(breach: Breach, artifact: Artifact, runtime: RuntimeSpec, against: str, names: Sequence[str]) -> VerificationError:
    """Return the error that tells why an artifact is refused in a runtime.

    ``names`` are those of the case's images.
    """
    file, contract = artifact.path.name, artifact.contract
    if isinstance(breach, OtherScores):
        return VerificationError(f"{file} answers {breach.got} scores, {against} {breach.expected}", hint="export again")
    other = "" if contract.precision is Precision.FLOAT32 else "; another precision may pass: --precision float32"
    return VerificationError(
        f"{file} in {runtime.name} does not answer as {against} does: {told(breach, names, labels=contract.labels, task=contract.task)}",
        hint="nothing was published" + other,
    )


def told(breach: LimitBroken, names: Sequence[str], *, labels: Sequence[str], task: Task) -> str:
    """Return which limit is broken, by how much, and on which image."""
    match breach:
        case ScoreBeyond():
            share, limit = told_apart(breach.share, breach.limit)
            said = f"largest difference {share} of the range (limit {limit})"
        case ErrorBeyond():
            error, limit = told_apart(breach.error, breach.limit)
            said = f"relative error {'of all images together ' if breach.of_all else ''}{error} (limit {limit})"
        case NothingCounts():
            apart = "two highest scores are further apart" if task is Task.CLASSES else "score is further from its threshold"
            return f"no image on which the trained model's {apart} than {breach.margin:.1e} of the range"
        case AgreementBelow():
            agreement, limit = told_apart(breach.agreement, breach.limit, digits=4, form="f")
            said = f"agreement {agreement} on {breach.counted} images (limit {limit})"
        case LabelBeyond():
            said = f"`{labels[breach.label]}` is decided otherwise on {breach.differing} of {breach.images} images that have it"
        case LabelsBeyond():
            said = f"{breach.differing} of {breach.decisions} labels are decided otherwise (limit {breach.limit:.2g} of them)"
        case AccuracyBelow():
            said = f"accuracy {breach.share:.4f} instead of {breach.expected:.4f} (limit −{breach.limit})"
        case _:
            assert_never(breach)
    return f"{said}, worst image: {names[breach.image]}"
