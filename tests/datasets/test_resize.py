import numpy as np
import pytest

from edgekit.datasets.resize import resize, resize_to_uint8


@pytest.mark.parametrize(("height", "width"), [(96, 96), (1, 1), (37, 101), (7, 300), (224, 224), (480, 640), (10, 1200)])
def test_it_is_the_graphs_own_resize(height, width):
    from edgekit.networks.preprocessing import resize_layer

    pixels = np.random.default_rng(height * width).integers(0, 256, (height, width, 3), np.uint8)
    wanted = np.asarray(resize_layer(80)(pixels.astype(np.float32)))
    # White noise is the worst case: neighbours differ by up to 255 grey levels, and float32 positions by 1e-5.
    assert np.abs(resize(pixels, 80, 80) - wanted).max() < 1e-2


def test_the_same_size_is_unchanged():
    pixels = np.random.default_rng(0).integers(0, 256, (9, 5, 3), np.uint8)
    assert resize_to_uint8(pixels, 9, 5) is pixels
    assert np.array_equal(resize(pixels, 9, 5), pixels.astype(np.float32))
