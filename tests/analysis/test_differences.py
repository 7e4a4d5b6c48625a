import numpy as np

from edgekit.analysis.decisions import right, top_two_margins
from edgekit.analysis.differences import counts_beside, differences, ranges

REFERENCE = np.array([[0, 1, 4], [3, 2.99, 0], [0, 5, -5]], np.float32)


def test_figures():
    answers = REFERENCE + np.array([[0, 0, 0.5], [0, 0.02, 0], [0, 0, 0]], np.float32)
    found = differences(REFERENCE, answers, margin=0.01)
    assert (found.images, found.score_range, found.worst) == (3, 10.0, 0)
    assert np.isclose(found.score, 0.5)
    assert np.isclose(found.share, 0.05)
    # The second image changes its class, but its margin of 0.01 is below 1 % of the range.
    assert (found.counted, found.agreement, found.disagreeing) == (2, 1.0, ())
    assert np.isclose(found.agreement_of_all, 2 / 3)


def test_an_image_of_noise_hides_no_error_in_a_photograph():
    photographs = np.tile(REFERENCE, (3, 1))
    noise = np.array([[100, -100, 0]], np.float32)
    everything = np.concatenate([photographs, noise])
    assert ranges(everything).tolist() == [10.0] * 9 + [200.0]
    answers = everything.copy()
    answers[0, 0] += 1
    answers[9, 0] += 10
    found = differences(everything, answers, margin=0.06)
    assert (found.worst, found.score, found.score_range) == (0, 1.0, 10.0)
    # By the range of all, the margin of no photograph would be wide.
    assert found.counted == 7


def test_where_no_image_has_a_spread_all_are_ordinary():
    assert ranges(np.array([[1.0], [3.0], [2.0]])).tolist() == [2.0] * 3


def test_the_worst_images_error_and_that_of_all():
    answers = REFERENCE.copy()
    answers[0, 2] += 1
    found = differences(REFERENCE, answers, margin=0.01)
    assert np.isclose(found.relative_l2, 1 / np.sqrt(17))
    assert np.isclose(found.relative_l2_of_all, 1 / np.linalg.norm(REFERENCE))


def test_an_image_that_counts_and_disagrees_is_named():
    found = differences(REFERENCE, REFERENCE[:, ::-1], margin=0.01)
    assert found.disagreeing == (0,)
    assert found.agreement == 0.5


def test_of_several_that_disagree_the_surest_is_the_worst():
    reference = np.array([[0, 2, 3], [3, 0, 9], [1, 2, 0], [0, 4, 8]], np.float32)
    assert top_two_margins(reference).tolist() == [1, 6, 1, 4]
    assert top_two_margins(reference[:, :1]).tolist() == [np.inf] * 4
    answers = reference[:, [2, 1, 0]]
    answers[2] = reference[2]
    assert differences(reference, answers, margin=0.01).disagreeing == (1, 3, 0)


def test_what_is_not_finite_is_infinitely_far():
    answers = REFERENCE.copy()
    answers[2, 1] = np.nan
    found = differences(REFERENCE, answers, margin=0.0)
    assert (found.share, found.worst) == (np.inf, 2)


def test_a_reference_that_is_not_finite_is_far_from_everything():
    broken = REFERENCE.copy()
    broken[1, 0] = np.nan
    found = differences(broken, REFERENCE, margin=0.0)
    assert (found.worst, found.score) == (1, np.inf)
    assert not found.share <= 1.0
    assert ranges(broken).tolist() == [10.0] * 3
    assert not np.isfinite(ranges(np.full((2, 3), np.nan))).any()


def test_the_worst_image_by_the_relative_error():
    answers = REFERENCE.copy()
    answers[1, 2] += 0.5  # of a norm of 4.2; the largest difference is of one of 7.1
    answers[2, 0] += 0.6
    found = differences(REFERENCE, answers, margin=0.0)
    assert (found.worst, found.worst_l2) == (2, 1)


def test_an_image_is_right_when_its_highest_score_is_its_labels():
    assert right(REFERENCE, np.array([2, 0, 0])).sum() == 2


def test_what_was_lost_and_won_of_a_reference():
    answers = np.array([[9, 0, 0], [0, 9, 0], [0, 9, 0]], np.float32)
    found = counts_beside(REFERENCE, answers, np.array([2, 1, 0])).in_runtime("litert")
    assert (found.runtime, found.images, found.right, found.lost, found.won) == ("litert", 3, 1, 1, 1)
    assert counts_beside(REFERENCE, REFERENCE, np.array([2, 0, 1])).drop == 0


def test_an_image_is_ordinary_up_to_three_times_the_median_spread():
    # The spreads are 1, 1 and 3: all three are ordinary, and go from 0 to 8 together.
    assert ranges(np.array([[0.0, 1], [0, 1], [5, 8]])).tolist() == [8, 8, 8]
    assert ranges(np.array([[0.0, 1], [0, 1], [5, 8.125]])).tolist() == [1, 1, 3.125]


def test_an_image_whose_margin_is_the_limit_does_not_count():
    reference = np.array([[0, 1], [0, 4]], np.float32)  # margins of 1 and 4 in a range of 4
    assert [differences(reference, reference, margin=margin).counted for margin in (0.249, 0.25, 0.999, 1.0)] == [2, 1, 1, 0]
