import numpy as np

from edgekit.analysis.decisions import decided, f1, margins, right, truth_of
from edgekit.analysis.differences import counts_beside, differences, ranges
from edgekit.spec.export import Head
from edgekit.spec.task import CLASSES, Decision, Task

BINARY = Decision(Task.BINARY, Head.LOGITS, (0.5,))
SEVERAL = Decision(Task.MULTILABEL, Head.PROBABILITIES, (0.5, 0.5, 0.8))
SCORES = np.array([[0.9, 0.1, 0.7], [0.2, 0.6, 0.9], [0.1, 0.1, 0.1]], np.float32)


def test_what_scores_decide():
    assert decided(SCORES).tolist() == [[0], [2], [0]]
    assert decided(SCORES, SEVERAL).tolist() == [[1, 0, 0], [0, 1, 1], [0, 0, 0]]
    assert decided(np.array([[-0.1], [0.0], [0.1]]), BINARY).tolist() == [[0], [0], [1]]


def test_how_sure_that_is():
    assert np.allclose(margins(SCORES), [[0.2], [0.3], [0.0]])
    assert np.allclose(margins(SCORES, SEVERAL), [[0.4, 0.4, 0.1], [0.3, 0.1, 0.1], [0.4, 0.4, 0.7]])
    assert np.allclose(margins(np.array([[-2.0], [0.5]]), BINARY), [[2.0], [0.5]])


def test_an_image_is_right_where_all_its_labels_are():
    truth = truth_of([(0,), (1,), ()], SEVERAL, 3)
    assert truth.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert right(SCORES, truth, SEVERAL).tolist() == [True, False, True]
    # Two labels are named rightly, one of three is too many, none is missed: 2 · 2 / (2 · 2 + 1).
    assert f1(SCORES, truth, SEVERAL) == 0.8
    assert f1(SCORES[2:], truth[2:], SEVERAL) is None
    found = counts_beside(SCORES, SCORES, truth, SEVERAL)
    assert (found.images, found.right, found.lost, found.won, found.f1) == (3, 2, 0, 0, 0.8)


def test_a_binary_answer_is_right_where_it_is_the_labels():
    truth = truth_of([(1,), (0,), (1,)], BINARY, 1)
    scores = np.array([[3.0], [-2.0], [-1.0]], np.float32)
    assert right(scores, truth, BINARY).tolist() == [True, True, False]
    assert counts_beside(scores, -scores, truth, BINARY).lost == 2


def test_one_score_has_a_range_with_its_threshold():
    """All photographs are alike; noise has another score. What is far from the threshold is not near it by the noise's range."""
    scores = np.array([[2.0], [2.1], [1.9], [2.0], [-40.0]])
    assert np.allclose(ranges(scores, BINARY), [2.1, 2.1, 2.1, 2.1, 40.0])
    found = differences(scores, -scores, margin=0.05, decision=BINARY)
    assert (found.counted, found.agreement, set(found.disagreeing)) == (5, 0.0, {0, 1, 2, 3, 4})


def test_each_decision_counts_for_itself():
    other = SCORES.copy()
    other[1, 1] = 0.4  # its margin of 0.1 is wide enough at 5 % of the range
    found = differences(SCORES, other, margin=0.05, decision=SEVERAL)
    assert (found.images, found.counted) == (3, 9)
    assert np.isclose(found.agreement, 8 / 9)
    assert found.disagreeing == (1,)
    assert [(label.named, label.disagreeing, label.worst) for label in found.labels] == [(1, 0, None), (1, 1, 1), (1, 0, None)]
    narrow = differences(SCORES, other, margin=0.2, decision=SEVERAL)
    assert (narrow.counted, narrow.disagreeing) == (6, ())


def test_classes_have_no_labels_of_their_own():
    assert differences(SCORES, SCORES, margin=0.0, decision=CLASSES).labels == ()
