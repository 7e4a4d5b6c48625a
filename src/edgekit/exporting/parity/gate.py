"""The gate: nothing is published that does not answer, raw image to scores, as the trained model does."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from edgekit.analysis.decisions import margins, right
from edgekit.analysis.differences import accuracy_beside, differences
from edgekit.errors import SessionError, VerificationError
from edgekit.exporting.parity.beyond import answers_beyond, error_beyond
from edgekit.exporting.parity.reference import Evidence
from edgekit.runtimes.base import installed_for, preferred_for, version_of
from edgekit.spec.export import Head
from edgekit.spec.format import Precision
from edgekit.spec.limits import Limits, judged_by_counts, limits_of
from edgekit.store.manifest import KERAS, ParityRecord
from edgekit.verifying.answers import answers
from edgekit.verifying.clients.known import KNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edgekit.spec.accuracy import Accuracy
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
            _held(Answered(artifact, runtime, got, got[:0]), KERAS, golden, _none_of(golden), golden.reference, golden.reference[:0])
        except (SessionError, VerificationError):
            return False
        return True

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
        if other is None:
            return _held(answer, KERAS, self._golden, test, self._golden.reference, test.reference)
        wanted = self._answer(other, preferred_for(other.contract.format))
        return _held(answer, other.path.name, self._golden, test, wanted.golden, wanted.test)

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


def _held(
    answer: Answered, against: str, golden: Evidence, test: Evidence, golden_wanted: NDArray[np.float32], test_wanted: NDArray[np.float32]
) -> ParityRecord:
    contract = answer.artifact.contract
    limits = limits_of(contract.precision, contract.head)
    name = answer.artifact.path.name
    if answer.golden.shape != golden_wanted.shape:
        raise VerificationError(f"{name} answers {answer.golden.shape[1]} scores, {against} {golden_wanted.shape[1]}", hint="export again")
    trained = np.concatenate([golden.reference, test.reference])
    decision = contract.decision
    exact = differences(golden_wanted, answer.golden, trained=golden.reference, margin=limits.margin, decision=decision)
    wanted_of_both, got_of_both = np.concatenate([golden_wanted, test_wanted]), np.concatenate([answer.golden, answer.test])
    both = differences(wanted_of_both, got_of_both, trained=trained, margin=limits.margin, decision=decision)
    names = (*golden.names, *test.names)
    tested = _tested(answer, test, test_wanted)
    if against != KERAS and limits.score is None:
        # Two files that round on their own, each within the limit: such errors add up in squares.
        limits = msgspec.structs.replace(limits, features=limits.features * math.sqrt(2))
    by_error = contract.head is Head.FEATURES or (limits.score is None and not decision.decides(golden_wanted.shape[1]))
    beyond = error_beyond(limits, exact, names) if by_error else answers_beyond(limits, exact, both, names, contract)
    reason = beyond or _less_accurate(limits, tested, answer, test)
    if reason:
        raise VerificationError(
            f"{name} in {answer.runtime.name} does not answer as {against} does: {reason}",
            hint="nothing was published" + ("" if contract.precision is Precision.FLOAT32 else "; another precision may pass: --precision float32"),
        )
    return ParityRecord(
        file=name,
        runtime=answer.runtime.name,
        version=version_of(answer.runtime),
        against=against,
        golden_images=exact.images,
        score_difference=exact.score,
        score_range=exact.score_range,
        relative_l2=exact.relative_l2,
        images=both.images,
        counted=both.counted,
        agreement=both.agreement,
        agreement_of_all=both.agreement_of_all,
        tested=tested,
    )


def _tested(answer: Answered, test: Evidence, wanted: NDArray[np.float32]) -> Accuracy | None:
    decision = answer.artifact.contract.decision
    if test.labels is None or not len(test.labels) or not decision.decides(wanted.shape[1]):
        return None
    return accuracy_beside(wanted, answer.test, test.labels, runtime=answer.runtime.name, decision=decision)


def _less_accurate(limits: Limits, tested: Accuracy | None, answer: Answered, test: Evidence) -> str:
    """Return by how much the file is right less often than it should, or an empty string."""
    if tested is None or test.labels is None:
        return ""
    decision = answer.artifact.contract.decision
    trained = right(test.reference, test.labels, decision)
    # Another file may by chance be right more often than the trained model: that is no claim to be held to.
    least = min(tested.reference_share, float(trained.mean()))
    # One image may always change: on a small test set it weighs more than the limit, and says nothing.
    if tested.share >= least - max(limits.accuracy_drop, 1.01 / tested.images):
        return ""
    lost = trained & ~right(answer.test, test.labels, decision)
    worst = test.names[int(np.argmax(np.where(lost, margins(test.reference, decision).min(axis=1), -1)))]
    return f"accuracy {tested.share:.4f} instead of {least:.4f} (limit −{limits.accuracy_drop}), worst image: {worst}"


def _none_of(evidence: Evidence) -> Evidence:
    return Evidence([], [], None, evidence.reference[:0])
