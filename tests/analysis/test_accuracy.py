"""Intervals of shares and of paired differences, against published figures and against simulation."""

import numpy as np
import pytest

from edgekit.analysis.accuracy import drop_interval, share_interval
from edgekit.spec.accuracy import Accuracy

IMAGES = 952


@pytest.mark.parametrize(
    ("hits", "images", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_of_a_share_is_wilsons(hits, images, low, high):
    """The examples of Newcombe (1998), Statistics in Medicine 17, table I, method 3."""
    assert share_interval(hits, images) == pytest.approx((low, high), abs=6e-5)


def counts(lost, won):
    return Accuracy(runtime="litert", images=IMAGES, right=800, lost=int(lost), won=int(won))


def test_without_images_nothing_is_known():
    assert share_interval(0, 0) == (0.0, 1.0)


def test_equal_answers_leave_a_small_drop_possible():
    low, high = drop_interval(counts(0, 0))
    assert low == -high
    assert 0.002 < high < 0.004


def test_the_interval_of_a_drop_covers_the_true_one_about_95_times_in_100():
    rng = np.random.default_rng(0)
    lost, won = 0.012, 0.008
    draws = rng.multinomial(IMAGES, [lost, won, 1 - lost - won], 2000)
    inside = [low <= lost - won <= high for low, high in (drop_interval(counts(row[0], row[1])) for row in draws)]
    assert 0.94 < np.mean(inside) < 0.98
