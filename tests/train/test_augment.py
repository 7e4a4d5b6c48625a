"""What each change does to a drawn figure, in pixels."""

import numpy as np
import pytest
import tensorflow as tf

from edgekit.spec.recipe import Augment
from edgekit.train.augment import BEND, augmenter, bent, outlined, stroked

PAPER, INK = 255.0, 0.0
SIDE = 75


def square(first, last):
    """A filled square on paper, from pixel ``first`` to before ``last`` in both directions."""
    image = np.full((SIDE, SIDE, 3), PAPER, np.float32)
    image[first:last, first:last] = INK
    return tf.constant(image)


@pytest.mark.parametrize(("draw", "wanted"), [(-1.0, square(19, 41)), (0.0, square(20, 40)), (1.0, square(21, 39))])
def test_a_stroke_grows_or_shrinks_by_a_pixel_on_each_side(draw, wanted):
    assert np.array_equal(stroked(square(20, 40), tf.constant(draw)), wanted)


def test_half_a_pixel_is_half_the_grey():
    thicker = stroked(square(20, 40), tf.constant(-0.5)).numpy()
    assert (thicker[19, 30, 0], thicker[20, 30, 0], thicker[18, 30, 0]) == (127.5, INK, PAPER)


def test_an_outline_is_a_line_around_a_bright_inside():
    wanted = np.where(square(20, 40) == INK, PAPER, square(19, 41))
    assert np.array_equal(outlined(square(20, 40)), wanted)


def test_no_displacement_changes_nothing():
    assert np.abs(bent(square(20, 40), tf.zeros((5, 5, 2))).numpy() - square(20, 40)).max() <= 1e-3


def test_equal_displacements_move_the_image():
    """By a share of the side, here three pixels up and left."""
    moved = bent(square(20, 40), tf.ones((5, 5, 2))).numpy()
    assert pytest.approx(3) == BEND * SIDE
    assert np.abs(moved - square(17, 37)).max() <= 0.1


def test_a_bent_field_is_smooth():
    """Neighbouring pixels stay neighbours: their places, read from a ramp, keep their order and never lie two apart."""
    ramp = np.repeat(np.tile(np.arange(SIDE, dtype=np.float32), (SIDE, 1))[..., np.newaxis], 3, axis=2)
    draws = tf.random.stateless_uniform((5, 5, 2), seed=(0, 1), minval=-1.0, maxval=1.0)
    inside = slice(int(2 * BEND * SIDE), -int(2 * BEND * SIDE))
    steps = np.diff(bent(tf.constant(ramp), draws).numpy()[inside, inside, 0], axis=1)
    assert steps.min() > 0
    assert steps.max() < 2
    assert steps.std() > 0.1


@pytest.mark.parametrize("augment", [Augment.STRONG, Augment.ELASTIC])
def test_another_image_or_epoch_is_changed_otherwise(augment):
    change = augmenter(augment)
    first, again, other, later = (change(square(20, 40), tf.constant(key, tf.int64)).numpy() for key in ((1, 2), (1, 2), (1, 3), (2, 2)))
    assert np.array_equal(first, again)
    assert np.abs(first - other).mean() > 1
    assert np.abs(first - later).mean() > 1


def test_about_one_in_ten_becomes_an_outline():
    """Then the middle of a large filled square is bright."""
    change = augmenter(Augment.ELASTIC)
    middles = [change(square(20, 55), tf.constant((5, index), tf.int64)).numpy()[37, 37, 0] for index in range(300)]
    assert 0.06 < np.mean(np.array(middles) > 127) < 0.14
