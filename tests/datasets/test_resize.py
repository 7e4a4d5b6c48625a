import numpy as np
import pytest

from edgekit.datasets.resize import as_input, resize, resize_to_uint8
from edgekit.spec.tensor import DType, TensorSpec


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


@pytest.mark.parametrize(("height", "width"), [(37, 101), (9, 5), (224, 60)])
def test_grey_levels_are_those_of_tensorflows_resize_rounded(height, width):
    image = pytest.importorskip("tensorflow", reason="its resize is what this one is compared with").image
    pixels = np.random.default_rng(width).integers(0, 256, (height, width, 3), np.uint8)
    wanted = image.resize(pixels, (48, 31), antialias=False).numpy()
    # Where the exact level ends in a half, float32 may round either way.
    clear = np.abs(wanted - np.floor(wanted) - 0.5) > 1e-2
    assert clear.mean() > 0.95
    assert np.array_equal(resize_to_uint8(pixels, 48, 31)[clear], np.rint(wanted).astype(np.uint8)[clear])


def test_a_step_between_two_pixels():
    # Half-pixel centres: the new pixels lie a quarter and three quarters of the way, and the outer ones beyond the old centres.
    black_and_white = np.array([[[0] * 3, [255] * 3]], np.uint8)
    assert resize(black_and_white, 1, 4)[0, :, 0].tolist() == [0, 63.75, 191.25, 255]
    assert resize_to_uint8(black_and_white, 1, 4)[0, :, 0].tolist() == [0, 64, 191, 255]


def test_an_input_of_fixed_size_gets_it_and_another_the_picture_itself():
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    fixed, open_size = (as_input(pixels, TensorSpec(name="image", shape=(1, *size, 3), dtype=DType.UINT8)) for size in ((4, 2), (-1, -1)))
    assert np.array_equal(fixed[0], resize_to_uint8(pixels, 4, 2))
    assert np.array_equal(open_size[0], pixels)
