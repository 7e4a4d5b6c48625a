"""The gate: nothing is published that does not answer, raw image to scores, as the trained model does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

import numpy as np

from edgekit.errors import SessionError, VerificationError
from edgekit.exporting.parity.judge import judge
from edgekit.exporting.parity.verdict import Case, Passed, Refused
from edgekit.exporting.parity.wording import refusal
from edgekit.runtimes.base import installed_for, preferred_for, version_of
from edgekit.spec.limits import judged_by_counts, limits_of
from edgekit.store.manifest import KERAS, ParityRecord
from edgekit.verifying.answers import answers
from edgekit.verifying.clients.known import KNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edgekit.exporting.parity.reference import Evidence
    from edgekit.exporting.parity.verdict import Measured, Verdict
    from edgekit.spec.format import Precision
    from edgekit.spec.runtime import RuntimeSpec
    from edgekit.store.bundle import Artifact


@dataclass(frozen=True, slots=True)
class Answered:
    """What an artifact answered in a runtime."""

    artifact: Artifact
    runtime: RuntimeSpec
    golden: NDArray[np.float32]
    test: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Proof:
    """That every artifact answers as it should: the figures, and the answers they are of."""

    records: tuple[ParityRecord, ...]
    answered: tuple[Answered, ...]


class Gate:
    """Holds artifacts against the trained model, in every installed runtime that is not known to refuse them. What one answers is asked once.

    A file is held to its scores on the first ``part`` of the test images. By counts it is judged on all: half a percentage point of
    300 is one image or two.
    """

    def __init__(self, labels: Sequence[str], golden: Evidence, test: Evidence, *, part: int | None = None) -> None:
        self._labels = tuple(labels)
        self._golden = golden
        self._test = test
        self._part = test if part is None else test.first(part)
        self._answers: dict[tuple[str, str, str], Answered] = {}

    def refusal(self, artifact: Artifact) -> VerificationError | None:
        """Return what is wrong with the artifact where it does not answer as the trained model does in every runtime."""
        try:
            self._against_keras(artifact)
        except VerificationError as error:
            return error
        return None

    def passes(self, artifact: Artifact) -> bool:
        """Return whether every runtime opens the artifact, and answers as the trained model does."""
        try:
            return self.refusal(artifact) is None
        except SessionError:
            return False

    def looks_right(self, artifact: Artifact, runtime: RuntimeSpec) -> bool:
        """Return whether the artifact answers the golden pictures alone as the trained model does: a first look, in one runtime."""
        golden = self._golden
        try:
            got = answers(artifact, runtime, golden.pictures)
        except SessionError:
            return False
        verdict = _judged(Answered(artifact, runtime, got, got[:0]), golden, golden.first(0))
        return not isinstance(verdict, Refused)

    def prove(self, artifacts: Sequence[Artifact]) -> Proof:
        """Hold every artifact in every runtime against the trained model, and in its format's own against the first file of its precision.

        Raises:
            VerificationError: one is beyond its limits; it names the artifact, the runtime and the worst picture.

        """
        records = [record for artifact in artifacts for record in self._against_keras(artifact)]
        first: dict[Precision, Artifact] = {}
        for artifact in artifacts:
            other = first.setdefault(artifact.contract.precision, artifact)
            if other is not artifact:
                records.append(self._compared(artifact, preferred_for(artifact.contract.format), other))
        answered = (self._answer(artifact, runtime) for artifact in artifacts for runtime in _asked(artifact))
        return Proof(tuple(records), tuple(answered))

    def _against_keras(self, artifact: Artifact) -> list[ParityRecord]:
        if artifact.contract.labels != self._labels:
            raise VerificationError(f"{artifact.path.name}: the labels inside are not the trained model's, in its order", hint="export again")
        return [self._compared(artifact, runtime) for runtime in _asked(artifact)]

    def _compared(self, artifact: Artifact, runtime: RuntimeSpec, other: Artifact | None = None) -> ParityRecord:
        """Hold what an artifact answers in a runtime against the trained model, or against ``other`` in its format's own."""
        answer, test = self._answer(artifact, runtime), self._test_for(artifact)
        expected = self._answer(other, preferred_for(other.contract.format)) if other else None
        against = other.path.name if other else KERAS
        match _judged(answer, self._golden, test, expected):
            case Refused(breach=breach):
                raise refusal(breach, artifact, runtime, against, (*self._golden.names, *test.names))
            case Passed(measured=measured):
                return _record(answer, against, measured)
            case never:
                assert_never(never)

    def _answer(self, artifact: Artifact, runtime: RuntimeSpec) -> Answered:
        key = (artifact.path.name, artifact.sha256, runtime.name)  # two tunings may give the same bytes
        if key not in self._answers:
            golden = self._golden.pictures
            scores = answers(artifact, runtime, golden, self._test_for(artifact).pictures)
            self._answers[key] = Answered(artifact, runtime, scores[: len(golden)], scores[len(golden) :])
        return self._answers[key]

    def _test_for(self, artifact: Artifact) -> Evidence:
        contract = artifact.contract
        return self._test if judged_by_counts(contract.precision, contract.decision, self._golden.reference.shape[1]) else self._part


def _asked(artifact: Artifact) -> list[RuntimeSpec]:
    """Return the installed runtimes that are to open an artifact: all but those that are known not to."""
    contract = artifact.contract
    return [runtime for runtime in installed_for(contract.format) if (runtime.name, contract.format, contract.precision) not in KNOWN]


def _judged(answer: Answered, golden: Evidence, test: Evidence, other: Answered | None = None) -> Verdict:
    """Judge what an artifact answered, beside the trained model or what another one answered."""
    contract = answer.artifact.contract
    case = Case(
        got=np.concatenate([answer.golden, answer.test]),
        trained=np.concatenate([golden.reference, test.reference]),
        other=np.concatenate([other.golden, other.test]) if other else None,
        golden_images=len(golden.reference),
        labels=test.labels,
        decision=contract.decision,
    )
    return judge(case, limits_of(contract.precision, contract.head))


def _record(answer: Answered, against: str, measured: Measured) -> ParityRecord:
    golden, overall = measured.golden, measured.overall
    return ParityRecord(
        file=answer.artifact.path.name,
        runtime=answer.runtime.name,
        version=version_of(answer.runtime),
        against=against,
        golden_images=golden.images,
        score_difference=golden.score,
        score_range=golden.score_range,
        relative_l2=golden.relative_l2,
        images=overall.images,
        counted=overall.counted,
        agreement=overall.agreement,
        agreement_of_all=overall.agreement_of_all,
        tested=measured.counts.in_runtime(answer.runtime.name) if measured.counts else None,
    )
