"""Whether a file's scores are near enough to the expected ones.

A rule is a function: a case and its limits in, a verdict out. Another rule is another function.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from edgekit.analysis.decisions import margins, right
from edgekit.analysis.differences import counts_beside, differences
from edgekit.exporting.parity.verdict import (
    AccuracyBelow,
    AgreementBelow,
    ErrorBeyond,
    LabelBeyond,
    LabelsBeyond,
    Measured,
    NothingCounts,
    OtherScores,
    Passed,
    Refused,
    ScoreBeyond,
)
from edgekit.spec.export import Head

if TYPE_CHECKING:
    from edgekit.exporting.parity.verdict import Breach, Case, Verdict
    from edgekit.spec.accuracy import PairedCounts
    from edgekit.spec.limits import Limits


def judge(case: Case, limits: Limits) -> Verdict:
    """Hold a file's scores to ``limits``: of distance, of agreement, and of accuracy.

    Vectors that decide nothing are held to their relative error in place of distance and agreement.
    """
    if case.got.shape != case.expected.shape:
        return Refused(OtherScores(case.got.shape[1], case.expected.shape[1]), None)
    measured = _measured(case, limits)
    breach = _distance(case, measured, limits) or _accuracy(case, measured.counts, limits)
    return Refused(breach, measured) if breach else Passed(measured)


def _measured(case: Case, limits: Limits) -> Measured:
    golden = slice(case.golden_images)
    return Measured(
        golden=differences(case.expected[golden], case.got[golden], trained=case.trained[golden], margin=limits.margin, decision=case.decision),
        overall=differences(case.expected, case.got, trained=case.trained, margin=limits.margin, decision=case.decision),
        counts=_counts(case),
    )


def _counts(case: Case) -> PairedCounts | None:
    if case.labels is None or not len(case.labels) or not case.decision.decides(case.expected.shape[1]):
        return None
    test = slice(case.golden_images, None)
    return counts_beside(case.expected[test], case.got[test], case.labels, case.decision)


def _distance(case: Case, measured: Measured, limits: Limits) -> Breach | None:
    vectors = case.decision.head is Head.FEATURES
    if vectors or (limits.score is None and not case.decision.decides(case.expected.shape[1])):
        return _error(case, measured, limits)
    return _score(measured, limits) or (_labels if measured.overall.labels else _agreement)(case, measured, limits)


def _error(case: Case, measured: Measured, limits: Limits) -> Breach | None:
    found, limit = measured.golden, limits.features
    # Files of 8 bits are calibrated on photographs: single images of noise are further off than all.
    of_all = limits.score is None
    if of_all and case.other is not None:
        # Two files that round on their own, each within the limit: such errors add up in squares.
        limit *= math.sqrt(2)
    error = found.relative_l2_of_all if of_all else found.relative_l2
    return None if error <= limit else ErrorBeyond(error, limit, found.worst_l2, of_all)


def _score(measured: Measured, limits: Limits) -> Breach | None:
    found = measured.overall
    if limits.score is not None and not found.share <= limits.score:
        return ScoreBeyond(found.share, limits.score, found.worst)
    return None if found.counted else NothingCounts(limits.margin)


def _agreement(case: Case, measured: Measured, limits: Limits) -> Breach | None:
    found = measured.overall
    if found.agreement >= limits.agreement or len(found.disagreeing) <= _allowed(case, limits):
        return None
    return AgreementBelow(found.agreement, limits.agreement, found.counted, found.disagreeing[0])


def _labels(case: Case, measured: Measured, limits: Limits) -> Breach | None:
    """Hold several labels of an image to the limit of agreement: each by itself, then all together.

    Most labels are on few images: that most decisions are *not there*, and agree, says nothing of
    those that matter. So each label is held to the images that either side names it on, and may
    differ on one of them where the limit leaves room for any.
    """
    found = measured.overall
    one = 1 if limits.agreement < 1 else 0
    share = 1 - limits.agreement
    for label, of_label in enumerate(found.labels):
        if of_label.worst is not None and of_label.disagreeing > max(one, share * of_label.named):
            return LabelBeyond(label, of_label.disagreeing, of_label.named, of_label.worst)
    differing = sum(of_label.disagreeing for of_label in found.labels)
    named = sum(of_label.named for of_label in found.labels)
    if differing > max(_allowed(case, limits), share * named):
        return LabelsBeyond(differing, named, share, found.disagreeing[0])
    return None


def _allowed(case: Case, limits: Limits) -> int:
    """Return how many may differ, whatever share they are.

    The golden images alone are few: one of them weighs more than the limit.
    """
    return 1 if limits.agreement < 1 and not case.test_images else 0


def _accuracy(case: Case, counts: PairedCounts | None, limits: Limits) -> Breach | None:
    if counts is None or case.labels is None:
        return None
    test = slice(case.golden_images, None)
    trained = right(case.trained[test], case.labels, case.decision)
    # The other file may by chance be right more often than the trained model: nobody claims that.
    expected = min(counts.reference_share, float(trained.mean()))
    # One image may always change: on a small test set it weighs more than the limit.
    if counts.share >= expected - max(limits.accuracy_drop, 1.01 / counts.images):
        return None
    lost = trained & ~right(case.got[test], case.labels, case.decision)
    sureness = margins(case.trained[test], case.decision).min(axis=1)
    worst = int(np.argmax(np.where(lost, sureness, -1)))
    return AccuracyBelow(counts.share, expected, limits.accuracy_drop, case.golden_images + worst)
