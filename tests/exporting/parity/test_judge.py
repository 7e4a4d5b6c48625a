"""The judge on hand-made scores: a little below and above every limit, by precision, head, task."""

from dataclasses import dataclass

import msgspec
import numpy as np
import pytest

from edgekit.exporting.parity.judge import judge
from edgekit.exporting.parity.verdict import (
    AccuracyBelow,
    AgreementBelow,
    Case,
    ErrorBeyond,
    LabelBeyond,
    LabelsBeyond,
    NothingCounts,
    OtherScores,
    Passed,
    Refused,
    ScoreBeyond,
)
from edgekit.spec.export import Head
from edgekit.spec.format import Precision
from edgekit.spec.limits import limits_of
from edgekit.spec.task import CLASSES, Decision, Task

# As the documentation has them (docs/formats.md).
SCORE = {Precision.FLOAT32: 1e-4, Precision.FLOAT16: 1e-2, Precision.MIXED: 1e-2}
EIGHT_BITS = (Precision.DYNAMIC, Precision.INT8)
ERROR = {**SCORE, Precision.DYNAMIC: 0.1, Precision.INT8: 0.1}
MARGIN = {Head.LOGITS: 0.05, Head.PROBABILITIES: 0.125}
ONE_IN = {Precision.FLOAT32: 500, Precision.FLOAT16: 200, Precision.MIXED: 200, Precision.DYNAMIC: 200, Precision.INT8: 200}
LABELS = 4


@dataclass(frozen=True)
class Kind:
    """Scores of a head and task, whose range is ``span``, around the score ``cut`` that decides."""

    head: Head
    task: Task

    @property
    def decision(self):
        count = {Task.CLASSES: 0, Task.BINARY: 1, Task.MULTILABEL: LABELS}[self.task]
        return Decision(self.task, self.head, (0.5,) * count)

    @property
    def span(self):
        return 10.0 if self.head is Head.LOGITS else 1.0

    @property
    def cut(self):
        return 0.0 if self.head is Head.LOGITS else 0.5

    def scores(self, images, narrow=None):
        """Scores of images whose labels take turns, as sure as can be.

        Of images in ``narrow`` they are as sure as so large a share of the range.
        """
        low, high = self.cut - self.span / 2, self.cut + self.span / 2
        found = np.full((images, 1 if self.task is Task.BINARY else LABELS), low)
        for image in range(images):
            share = (narrow or {}).get(image)
            label = image % LABELS
            if self.task is Task.BINARY:
                sure = self.span / 2 if share is None else share * self.span
                found[image] = self.cut + (sure if label % 2 else -sure)
            elif self.task is Task.CLASSES:
                found[image, label] = high
                if share is not None:
                    found[image, (label + 1) % LABELS] = high - share * self.span
            else:
                found[image, label] = high if share is None else self.cut + share * self.span
        return found.astype(np.float32)

    def truth(self, images):
        labels = np.arange(images) % LABELS
        return np.eye(LABELS, dtype=np.int64)[labels] if self.task is Task.MULTILABEL else labels % 2 if self.task is Task.BINARY else labels

    def turned(self, scores, *images):
        """The scores with another answer on some images.

        Two classes change places, or a label is decided otherwise.
        """
        found = scores.copy()
        for image in images:
            label = image % LABELS
            if self.task is Task.CLASSES:
                other = (label + 1) % LABELS
                found[image, [label, other]] = found[image, [other, label]]
            else:
                place = 0 if self.task is Task.BINARY else label
                found[image, place] = 2 * self.cut - found[image, place]
        return found


KINDS = [Kind(head, task) for head in (Head.LOGITS, Head.PROBABILITIES) for task in Task]
ONE_ANSWER = [kind for kind in KINDS if kind.task is not Task.MULTILABEL]
SEVERAL = [kind for kind in KINDS if kind.task is Task.MULTILABEL]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.task}-{kind.head}")
one_answer = pytest.mark.parametrize("kind", ONE_ANSWER, ids=lambda kind: f"{kind.task}-{kind.head}")
several = pytest.mark.parametrize("kind", SEVERAL, ids=lambda kind: f"{kind.head}")
every_precision = pytest.mark.parametrize("precision", Precision)
floats = pytest.mark.parametrize("precision", SCORE)
eight_bits = pytest.mark.parametrize("precision", EIGHT_BITS)


def verdict(precision, decision, trained, got, *, golden=0, labels=None, other=None):
    case = Case(got=got, trained=trained, other=other, golden_images=golden or len(trained), labels=labels, decision=decision)
    return judge(case, limits_of(precision, decision.head))


def breach(*arguments, **options):
    """Why it is refused; ``None`` where it passes."""
    found = verdict(*arguments, **options)
    return found.breach if isinstance(found, Refused) else None


def test_every_precision_has_its_limits_here():
    assert {*SCORE, *EIGHT_BITS} == {*Precision} == {*ERROR} == {*ONE_IN}


@every_kind
@every_precision
def test_the_same_scores_pass_and_all_is_measured(kind, precision):
    scores = kind.scores(12)
    found = verdict(precision, kind.decision, scores, scores, golden=8, labels=kind.truth(4))
    assert isinstance(found, Passed)
    decisions = LABELS if kind.task is Task.MULTILABEL else 1
    for measured, images in ((found.measured.golden, 8), (found.measured.overall, 12)):
        assert (measured.images, measured.counted, measured.score, measured.agreement) == (images, images * decisions, 0, 1)
        assert measured.score_range == pytest.approx(kind.span)
    counts = found.measured.counts
    assert (counts.images, counts.right, counts.lost, counts.won) == (4, 4, 0, 0)
    assert counts.f1 == (1 if kind.task is Task.MULTILABEL else None)


@every_kind
@floats
def test_a_score_is_held_to_a_share_of_the_range(kind, precision):
    scores = kind.scores(40)
    for part, refused in ((0.98, False), (1.02, True)):
        got = scores.copy()
        got[33, 0] += np.float32(part * SCORE[precision] * kind.span)
        got[35] += np.float32(0.9 * SCORE[precision] * kind.span)  # of all scores: a larger error in the L2 norm
        found = verdict(precision, kind.decision, scores, got, golden=30)
        assert isinstance(found, Refused) is refused
        assert (found.measured.golden.score, found.measured.overall.worst) == (0, 33)
    assert (found.breach.limit, found.breach.image) == (SCORE[precision], 33)
    assert type(found.breach) is ScoreBeyond
    assert found.breach.share == pytest.approx(1.02 * SCORE[precision], rel=2e-3)


@every_kind
@floats
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_infinitely_far(kind, precision, value):
    scores = kind.scores(8)
    got = scores.copy()
    got[5, 0] = value
    assert breach(precision, kind.decision, scores, got) == ScoreBeyond(np.inf, SCORE[precision], 5)


@every_kind
@floats
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nothing_is_near_another_file_that_is_not_finite(kind, precision, value):
    scores = kind.scores(8)
    other = scores.copy()
    other[5, 0] = value
    found = breach(precision, kind.decision, scores, scores, other=other)
    assert (type(found), found.image) == (ScoreBeyond, 5)
    assert not np.isfinite(found.share)


@every_kind
@eight_bits
def test_no_single_score_is_bounded_in_8_bits(kind, precision):
    scores = kind.scores(40)
    got = scores.copy()
    got[:, 0] += np.where(scores[:, 0] > kind.cut, 1, -1) * np.float32(0.3 * kind.span)
    found = verdict(precision, kind.decision, scores, got)
    assert isinstance(found, Passed)
    assert found.measured.overall.share == pytest.approx(0.3)


@every_kind
@every_precision
def test_where_the_trained_model_is_sure_of_nothing_there_is_nothing_to_agree_on(kind, precision):
    margin = SCORE.get(precision, MARGIN[kind.head])
    every, last = range(8), kind.scores(9)[8:]
    # An image that is surer gives the range. Of several labels also those that are not there are
    # sure, so all are made unsure.
    unsure = np.full_like(kind.scores(8), kind.cut) if kind.task is Task.MULTILABEL else kind.scores(8, dict.fromkeys(every, 0.0))
    assert breach(precision, kind.decision, unsure, unsure) == NothingCounts(margin)
    assert breach(precision, kind.decision, np.concatenate([unsure, last]), np.concatenate([unsure, last])) is None


@every_kind
@eight_bits
@pytest.mark.parametrize("far", [0.98, 1.02])
def test_an_image_counts_where_the_margin_is_wide_enough(kind, precision, far):
    scores = kind.scores(40, {6: far * MARGIN[kind.head], 7: far * MARGIN[kind.head]})
    found = verdict(precision, kind.decision, scores, kind.turned(scores, 6, 7))
    decisions = 40 * (LABELS if kind.task is Task.MULTILABEL else 1)
    assert found.measured.overall.counted == (decisions if far > 1 else decisions - 2)
    assert found.measured.overall.agreement_of_all == pytest.approx(1 - 2 / decisions)
    assert isinstance(found, Refused) is (far > 1)


@one_answer
@eight_bits
def test_one_of_a_hundred_images_may_be_decided_otherwise(kind, precision):
    # The surest of three is named: it alone has the whole range for a margin.
    scores = kind.scores(240, {100: 0.2, 203: 0.4})
    assert breach(precision, kind.decision, scores, kind.turned(scores, 100, 203), golden=40) is None
    found = breach(precision, kind.decision, scores, kind.turned(scores, 100, 151, 203), golden=40)
    assert found == AgreementBelow(pytest.approx(237 / 240), 0.99, 240, 151)


@floats
@pytest.mark.parametrize("head", [Head.LOGITS, Head.PROBABILITIES])
def test_no_class_may_change_where_the_margin_is_wide(precision, head):
    """Two scores, further apart than the limit, each move by less than it, and change their order."""
    kind, limit = Kind(head, Task.CLASSES), SCORE[precision]
    scores = kind.scores(40, {21: 1.2 * limit})
    got = scores.copy()
    got[21, [1, 2]] += np.array([-0.8, 0.8], np.float32) * np.float32(limit * kind.span)
    for golden in (20, 40):  # nor of the golden images alone
        assert breach(precision, kind.decision, scores, got, golden=golden) == AgreementBelow(pytest.approx(39 / 40), 1.0, 40, 21)


@one_answer
@eight_bits
def test_of_golden_images_alone_one_may_be_decided_otherwise(kind, precision):
    scores = kind.scores(40)
    assert breach(precision, kind.decision, scores, kind.turned(scores, 9)) is None
    assert breach(precision, kind.decision, scores, kind.turned(scores, 9), golden=39) == AgreementBelow(pytest.approx(0.975), 0.99, 40, 9)
    found = breach(precision, kind.decision, scores, kind.turned(scores, 9, 14))
    assert found == AgreementBelow(pytest.approx(0.95), 0.99, 40, 9)


@several
@eight_bits
def test_each_label_may_be_decided_otherwise_on_one_image(kind, precision):
    """Label 3 is on ten images of forty. By all decisions, 158 of 160, the file would pass."""
    scores = kind.scores(40)
    assert breach(precision, kind.decision, scores, kind.turned(scores, 7)) is None
    assert breach(precision, kind.decision, scores, kind.turned(scores, 7, 11), golden=20) == LabelBeyond(3, 2, 10, 7)
    found = verdict(precision, kind.decision, scores, kind.turned(scores, 7, 11))
    assert found.measured.overall.agreement == 158 / 160


@several
@eight_bits
def test_a_label_that_is_named_where_it_is_not_counts_as_well(kind, precision):
    scores = kind.scores(40)
    got = scores.copy()
    got[[0, 4, 9], 3] = kind.cut + kind.span / 2
    assert breach(precision, kind.decision, scores, got) == LabelBeyond(3, 3, 13, 0)


@several
@eight_bits
def test_the_surest_of_a_labels_images_is_named(kind, precision):
    scores = kind.scores(40, {7: 0.2, 11: 0.3, 15: 0.25})
    assert breach(precision, kind.decision, scores, kind.turned(scores, 7, 11, 15)) == LabelBeyond(3, 3, 10, 11)


@several
@eight_bits
def test_one_in_a_hundred_of_a_labels_images_may_be_decided_otherwise(kind, precision):
    """Label 3 is on 200 images of 800: two of them are the share, three are more."""
    scores = kind.scores(800)
    assert breach(precision, kind.decision, scores, kind.turned(scores, 7, 11), golden=40) is None
    assert breach(precision, kind.decision, scores, kind.turned(scores, 7, 11, 15), golden=40) == LabelBeyond(3, 3, 200, 7)


@several
@eight_bits
def test_one_image_a_label_may_be_too_many_of_all(kind, precision):
    """Each of four labels may differ once.

    But four of 396 decisions are more than one in a hundred; of 400 they are not.
    """
    for images, refused in ((400, False), (396, True)):
        scores = kind.scores(images, {1: 0.4, 2: 0.45, 0: 0.3, 3: 0.2})
        found = breach(precision, kind.decision, scores, kind.turned(scores, 0, 1, 2, 3), golden=40)
        assert found == (LabelsBeyond(4, 396, pytest.approx(0.01), 2) if refused else None)


@several
@eight_bits
def test_of_several_labels_on_golden_images_alone_one_may_differ(kind, precision):
    scores = kind.scores(40)
    assert breach(precision, kind.decision, scores, kind.turned(scores, 6)) is None
    assert breach(precision, kind.decision, scores, kind.turned(scores, 6), golden=20) == LabelsBeyond(1, 40, pytest.approx(0.01), 6)
    assert breach(precision, kind.decision, scores, kind.turned(scores, 6, 7)) == LabelsBeyond(2, 40, pytest.approx(0.01), 6)


@several
@floats
def test_where_all_are_to_agree_no_label_may_differ(kind, precision):
    scores = kind.scores(40)
    limits = msgspec.structs.replace(limits_of(precision, kind.head), score=None)
    case = Case(got=kind.turned(scores, 7), trained=scores, golden_images=20, labels=None, decision=kind.decision)
    assert judge(case, limits).breach == LabelBeyond(3, 1, 10, 7)


FEATURES = Decision(head=Head.FEATURES)
ALONG, ACROSS = np.array([3, 4], np.float32), np.array([-4, 3], np.float32)
VECTORS = np.tile(ALONG, (30, 1))


@floats
@pytest.mark.parametrize("part", [0.98, 1.02])
def test_features_are_held_to_the_relative_error_of_the_worst_image(precision, part):
    """Vectors of length 5, moved across by a share of their length. Test images do not count."""
    got = VECTORS + np.float32(0.5 * part * ERROR[precision]) * ACROSS
    got[11] = ALONG + np.float32(part * ERROR[precision]) * ACROSS
    got[20:] = 0
    found = verdict(precision, FEATURES, VECTORS, got, golden=20, labels=np.zeros(10, np.int64))
    assert found.measured.golden.relative_l2 == pytest.approx(part * ERROR[precision], rel=2e-3)
    assert found.measured.counts is None
    assert isinstance(found, Refused) is (part > 1)
    if part > 1:
        assert found.breach == ErrorBeyond(pytest.approx(part * ERROR[precision], rel=2e-3), ERROR[precision], 11, of_all=False)


@eight_bits
@pytest.mark.parametrize("part", [0.98, 1.02])
def test_features_of_8_bits_are_held_to_the_relative_error_of_all(precision, part):
    """One image of twenty is twice as far off as all may be; the others make up for it, or do not."""
    others = np.sqrt((20 * part**2 - 4) / 19)
    got = VECTORS + np.float32(others * ERROR[precision]) * ACROSS
    got[11] = ALONG + np.float32(2 * ERROR[precision]) * ACROSS
    got[20:] = 0
    found = verdict(precision, FEATURES, VECTORS, got, golden=20)
    assert found.measured.golden.relative_l2_of_all == pytest.approx(part * ERROR[precision])
    assert isinstance(found, Refused) is (part > 1)
    if part > 1:
        assert found.breach == ErrorBeyond(pytest.approx(part * ERROR[precision]), ERROR[precision], 11, of_all=True)


@eight_bits
def test_vectors_of_two_files_may_be_further_apart_by_the_root_of_two(precision):
    other = VECTORS + np.float32(0.07) * ACROSS
    other[3] = VECTORS[3]
    got = other + np.float32(0.09) * ALONG
    assert breach(precision, FEATURES, VECTORS, got, other=other) is None
    for distance, refused in ((0.139, False), (0.144, True)):
        # Vectors that are 5 · √(1 + 0.07²) long are moved by 5 times the distance; the fourth is 5 long.
        error = distance * np.sqrt(30 / (29 * (1 + 0.07**2) + 1))
        found = verdict(precision, FEATURES, VECTORS, other + np.float32(distance) * ALONG, other=other)
        assert found.measured.golden.relative_l2_of_all == pytest.approx(error)
        assert isinstance(found, Refused) is refused
    assert found.breach == ErrorBeyond(pytest.approx(error), pytest.approx(0.1 * 2**0.5), 3, of_all=True)


@floats
def test_vectors_of_two_files_are_held_to_the_same_in_float(precision):
    got = VECTORS + np.float32(0.5 * ERROR[precision]) * ACROSS
    got[7] = ALONG + np.float32(1.2 * ERROR[precision]) * ACROSS
    assert breach(precision, FEATURES, VECTORS, got, other=VECTORS.copy()) == ErrorBeyond(
        pytest.approx(1.2 * ERROR[precision], rel=2e-3), ERROR[precision], 7, of_all=False
    )


@every_precision
def test_one_score_of_one_class_decides_nothing(precision):
    """Its distance is bounded in float, its relative error in 8 bits; whether it is right is not asked."""
    trained = np.linspace(1, 2, 11, dtype=np.float32)[:, np.newaxis]
    labels = np.zeros(5, np.int64)
    found = verdict(precision, CLASSES, trained, trained, golden=6, labels=labels)
    assert found.measured.counts is None
    if precision in EIGHT_BITS:
        assert breach(precision, CLASSES, trained, trained * np.float32(1.09), golden=6, labels=labels) is None
        found = breach(precision, CLASSES, trained, trained * np.float32(1.11), golden=6, labels=labels)
        assert (found.error, found.limit, found.of_all) == (pytest.approx(0.11, rel=1e-5), 0.1, True)
    else:
        # One score has no spread: what all are apart, 1, is the range.
        got = trained.copy()
        got[4] += np.float32(1.02 * SCORE[precision])
        assert breach(precision, CLASSES, trained, got, golden=6, labels=labels) == ScoreBeyond(
            pytest.approx(1.02 * SCORE[precision], rel=2e-3), SCORE[precision], 4
        )


@every_precision
@pytest.mark.parametrize("decision", [*(kind.decision for kind in KINDS), FEATURES], ids=lambda decision: f"{decision.task}-{decision.head}")
def test_another_number_of_scores_is_refused_unmeasured(precision, decision):
    trained = np.zeros((6, 3), np.float32)
    assert verdict(precision, decision, trained, trained[:, :2]) == Refused(OtherScores(2, 3), None)
    assert verdict(precision, decision, trained, trained, other=trained[:, :1]) == Refused(OtherScores(3, 1), None)


def unsure_of(kind, images, first, count):
    """Scores of which some are all but equal; of these images the last is the surest.

    A file that is within all other limits may answer otherwise there.
    """
    return kind.scores(images, {first + index: (1 + index) * 2e-6 for index in range(count)})


@every_kind
@every_precision
def test_accuracy_is_held_to_a_share_of_the_test_images(kind, precision):
    """Of 1,000 images 2 are 0.2 points and 5 half a point. One more is refused, the surest named."""
    allowed = 1000 // ONE_IN[precision]
    scores = unsure_of(kind, 1020, 100, allowed + 1)
    truth = kind.truth(1020)[20:]
    turned = [*range(100, 100 + allowed)]
    found = verdict(precision, kind.decision, scores, kind.turned(scores, *turned), golden=20, labels=truth)
    assert isinstance(found, Passed)
    assert (found.measured.counts.right, found.measured.counts.lost, found.measured.counts.won) == (1000 - allowed, allowed, 0)
    # The golden images do not count: were they counted as well, one more would be allowed.
    found = breach(precision, kind.decision, scores, kind.turned(scores, *turned, turned[-1] + 1), golden=20, labels=truth)
    assert found == AccuracyBelow(pytest.approx((999 - allowed) / 1000), 1.0, 1 / ONE_IN[precision], turned[-1] + 1)


@every_kind
@every_precision
def test_one_test_image_may_always_be_lost(kind, precision):
    scores = unsure_of(kind, 70, 30, 2)
    truth = kind.truth(70)[20:]
    assert breach(precision, kind.decision, scores, kind.turned(scores, 30), golden=20, labels=truth) is None
    found = breach(precision, kind.decision, scores, kind.turned(scores, 30, 31), golden=20, labels=truth)
    assert found == AccuracyBelow(pytest.approx(0.96), 1.0, 1 / ONE_IN[precision], 31)


@every_kind
@every_precision
def test_what_is_won_makes_up_for_what_is_lost(kind, precision):
    """The file is right on three images where the trained model is wrong."""
    scores = unsure_of(kind, 120, 30, 9)
    truth = kind.truth(120)[20:]
    trained = kind.turned(scores, 30, 31, 38)
    got = kind.turned(scores, 32, 33, 34, 35)
    found = verdict(precision, kind.decision, trained, got, golden=20, labels=truth)
    assert isinstance(found, Passed)
    assert (found.measured.counts.right, found.measured.counts.lost, found.measured.counts.won) == (96, 4, 3)
    found = breach(precision, kind.decision, trained, kind.turned(scores, 32, 33, 34, 35, 36), golden=20, labels=truth)
    assert found == AccuracyBelow(pytest.approx(0.95), pytest.approx(0.97), 1 / ONE_IN[precision], 36)


@every_kind
@every_precision
def test_an_image_that_the_trained_model_is_wrong_on_too_is_not_the_worst(kind, precision):
    """It is as sure there as can be."""
    scores = unsure_of(kind, 70, 30, 2)
    trained, got = kind.turned(scores, 60), kind.turned(scores, 30, 31, 60)
    found = breach(precision, kind.decision, trained, got, golden=20, labels=kind.truth(70)[20:])
    assert found == AccuracyBelow(pytest.approx(0.94), pytest.approx(0.98), 1 / ONE_IN[precision], 31)


@every_kind
@every_precision
@pytest.mark.parametrize(("trained", "other"), [(5, 10), (10, 5)])
def test_a_file_is_held_to_the_lower_accuracy_of_the_other_file_and_the_trained_model(kind, precision, trained, other):
    """Of a hundred images one is wrong on the first five, the other on the first ten: 0.9 is asked for."""
    scores = unsure_of(kind, 120, 30, 12)
    truth = kind.truth(120)[20:]
    beside = {"other": kind.turned(scores, *range(30, 30 + other)), "golden": 20, "labels": truth}
    model = kind.turned(scores, *range(30, 30 + trained))
    assert breach(precision, kind.decision, model, kind.turned(scores, *range(30, 41)), **beside) is None
    found = breach(precision, kind.decision, model, kind.turned(scores, *range(30, 42)), **beside)
    assert found == AccuracyBelow(pytest.approx(0.88), pytest.approx(0.9), 1 / ONE_IN[precision], 41)


@every_kind
@every_precision
def test_where_labels_are_not_known_accuracy_is_not_asked(kind, precision):
    scores = unsure_of(kind, 70, 30, 5)
    for labels in (None, kind.truth(0)):
        found = verdict(precision, kind.decision, scores, kind.turned(scores, *range(30, 35)), golden=20, labels=labels)
        assert isinstance(found, Passed)
        assert found.measured.counts is None


def test_by_the_trained_models_margin_two_files_agree_where_it_is_sure():
    """It hesitates where two files differ: that the other one is sure there counts for nothing."""
    kind = Kind(Head.LOGITS, Task.CLASSES)
    other = kind.scores(40)
    trained = kind.scores(40, {9: 0.01, 13: 0.01, 17: 0.01})
    found = verdict(Precision.INT8, kind.decision, trained, kind.turned(other, 9, 13, 17), other=other)
    assert isinstance(found, Passed)
    for measured in (found.measured.golden, found.measured.overall):
        assert (measured.counted, measured.agreement, measured.agreement_of_all) == (37, 1, 37 / 40)
    assert breach(Precision.INT8, kind.decision, other, kind.turned(other, 9, 13, 17), other=other.copy()).image == 9
