"""Whether a set-up can be right, by what a model makes of labelled images: accuracy at chance, and other set-ups that fit far better."""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Above chance is what chance alone reaches once in a hundred times, and what is worth something beside it.
_BY_CHANCE = 0.01
_WORTH, _TIMES_CHANCE = 0.1, 2.0
# Far better: so much of all images, and of images that one of two set-ups alone is right on more than a coin tossed for them would give.
_FAR = 0.15
_BY_COIN = 0.001
# Orders to try first, by name, and an order found on the images themselves.
SORTED, SHIFTED_UP, SHIFTED_DOWN, FITTED = "sorted by name", "moved down by one place", "moved up by one place", "in another order"


def near_chance(right: int, images: int, classes: int) -> bool:
    """Return whether so many right answers are hardly more than a guess gives, where all classes are equally frequent.

    They are if a guess is as often right once in a hundred times (exact binomial tail), or if they are less than twice as many, and
    less than a tenth of the way from a guess to all.
    """
    if classes < 2 or not images:
        return False
    guess, share = 1 / classes, right / images
    hardly = share < min(guess + _WORTH * (1 - guess), _TIMES_CHANCE * guess)
    return hardly or _tail(right, images, guess) > _BY_CHANCE


def far_better(other: NDArray[np.bool_], given: NDArray[np.bool_]) -> bool:
    """Return whether one set-up, (images,) of right answers, fits far better than another one on the same images (exact sign test)."""
    won, lost = int((other & ~given).sum()), int((given & ~other).sum())
    return won - lost >= _FAR * len(given) and _tail(won, won + lost, 0.5) < _BY_COIN


def orders(labels: Sequence[str]) -> dict[str, NDArray[np.int64]]:
    """Return other orders that labels often should have: for each score, (classes,), the index of the label that it may be of."""
    classes = len(labels)
    places = np.arange(classes)
    found = {
        SORTED: np.array(sorted(range(classes), key=labels.__getitem__)),
        SHIFTED_UP: np.roll(places, 1),
        SHIFTED_DOWN: np.roll(places, -1),
    }
    return {name: order for name, order in found.items() if not np.array_equal(order, places)}


def fitted_order(predicted: NDArray[np.int64], truth: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """Return the order in which scores fit the labels best, greedily: for each score, (classes,), the index of its label.

    ``predicted`` and ``truth``, (images,), are the highest scores' and the labels' indices. Scores without images keep what is left.
    """
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (predicted, truth), 1)
    order, free = np.full(classes, -1), np.ones(classes, bool)
    for cell in np.argsort(-counts, axis=None, kind="stable"):
        score, label = divmod(int(cell), classes)
        if not counts[score, label]:
            break
        if order[score] < 0 and free[label]:
            order[score], free[label] = label, False
    keeps = (order < 0) & free
    order[keeps], free[keeps] = np.flatnonzero(keeps), False
    order[order < 0] = np.flatnonzero(free)
    return order


def right_by_fitted_order(predicted: NDArray[np.int64], truth: NDArray[np.int64], classes: int) -> NDArray[np.bool_]:
    """Return (images,) of right answers by the order that the other half of the images fits best: none is judged by what it was fitted to."""
    half = np.zeros(len(truth), bool)
    for label in range(classes):
        half[np.flatnonzero(truth == label)[::2]] = True
    right = np.zeros(len(truth), bool)
    for part in (half, ~half):
        right[part] = fitted_order(predicted[~part], truth[~part], classes)[predicted[part]] == truth[part]
    return right


def _tail(least: int, trials: int, chance: float) -> float:
    """Return the probability of ``least`` or more hits (binomial distribution)."""
    return sum(comb(trials, hits) * chance**hits * (1 - chance) ** (trials - hits) for hits in range(least, trials + 1))
