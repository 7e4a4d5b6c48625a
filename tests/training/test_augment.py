"""What each change does to a drawn figure, in pixels."""

import numpy as np
import pytest
import tensorflow as tf

from edgekit.training.augment import outlined, stroked

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


def test_an_outline_lies_on_both_sides_of_an_edge():
    wanted = square(19, 41).numpy()
    wanted[21:39, 21:39] = PAPER
    assert np.array_equal(outlined(square(20, 40)), wanted)
    assert np.array_equal(outlined(255 - square(20, 40)), wanted)
