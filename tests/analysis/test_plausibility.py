import numpy as np
import pytest
from scipy import stats

from edgekit.analysis.plausibility import far_better, fitted_order, near_chance, orders, right_by_fitted_order


@pytest.mark.parametrize(
    ("right", "images", "classes", "near"),
    [
        (20, 60, 3, True),  # exactly a guess
        (0, 60, 3, True),
        (27, 60, 3, True),  # chance alone gives as many in 4 of 100 tries
        (30, 60, 3, False),
        (60, 60, 3, False),
        (33, 924, 28, True),
        (60, 924, 28, True),  # beyond chance, but worth nothing
        (90, 924, 28, False),
        (2, 1000, 1000, True),
        (80, 1000, 1000, False),
        (540, 1000, 2, True),
        (560, 1000, 2, False),
        (1, 2, 3, True),  # two images show nothing
        (5, 5, 1, False),
        (0, 0, 3, False),
    ],
)
def test_near_chance(right, images, classes, near):
    assert near_chance(right, images, classes) is near
    if classes > 1 and images and not near:
        assert stats.binomtest(right, images, 1 / classes, alternative="greater").pvalue <= 0.01


def test_a_guess_is_rarely_taken_for_knowledge():
    rng = np.random.default_rng(0)
    hits = rng.binomial(372, 1 / 10, 2000)
    assert np.mean([not near_chance(int(count), 372, 10) for count in hits]) <= 0.01


def test_far_better_needs_a_gain_and_evidence():
    given = np.zeros(64, bool)
    given[:8] = True
    other = np.ones(64, bool)
    other[:6] = False
    assert far_better(other, given)
    assert not far_better(given, other)
    assert not far_better(given, given)
    few = np.array([True] * 5)
    assert not far_better(few, ~few)  # five images show nothing: 1 in 32
    many = np.arange(1000) < 500
    assert not far_better(many | (np.arange(1000) < 600), many)  # ten points: shown, but not far


def test_orders_that_are_often_meant():
    found = orders(["red", "green", "blue"])
    assert {name: [["red", "green", "blue"][index] for index in order] for name, order in found.items()} == {
        "sorted by name": ["blue", "green", "red"],
        "moved down by one place": ["blue", "red", "green"],
        "moved up by one place": ["green", "blue", "red"],
    }
    assert "sorted by name" not in orders(["a", "b", "c"])


def test_the_order_that_fits_is_found_and_judged_by_images_that_it_did_not_see():
    rng = np.random.default_rng(0)
    true_order = rng.permutation(12)  # the label of each score
    truth = np.repeat(np.arange(12), 6)
    predicted = np.argsort(true_order)[truth]
    wrong = rng.random(len(truth)) < 0.1
    predicted[wrong] = rng.integers(0, 12, wrong.sum())
    assert np.array_equal(fitted_order(predicted, truth, 12), true_order)
    assert right_by_fitted_order(predicted, truth, 12).mean() >= 0.8


def test_an_order_of_answers_at_random_fits_nothing():
    rng = np.random.default_rng(0)
    truth = np.arange(64) % 28
    shares = [right_by_fitted_order(rng.integers(0, 28, 64), truth, 28).mean() for _ in range(50)]
    assert np.mean(shares) <= 0.06  # fitted to the very images, most would be right


def test_scores_without_images_keep_what_is_left():
    assert fitted_order(np.array([2, 2]), np.array([0, 0]), 4).tolist() == [2, 1, 0, 3]
