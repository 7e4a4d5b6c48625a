"""Weights that are the same each time, and a small network to convert."""

import keras
import pytest

import seeds
from edgekit.datasets.resize import as_input
from edgekit.spec.tensor import DType, TensorSpec


@pytest.fixture(autouse=True)
def the_same_weights_each_time():
    """Models that are not trained here have the weights that Keras draws."""
    keras.utils.set_random_seed(seeds.seed(1))


@pytest.fixture(scope="module")
def images(small_run):
    from edgekit.export.subject import of_run

    pixels = [example.picture.pixels() for example in of_run(small_run).images.calibration[:40]]
    return [as_input(image, TensorSpec(name="image", shape=(1, 48, 48, 3), dtype=DType.UINT8)) for image in pixels]


@pytest.fixture(scope="module")
def conversion(small_run, images):
    from edgekit.export.conversion import Conversion
    from edgekit.export.head import without_head
    from edgekit.export.subject import of_run
    from edgekit.spec.export import Head

    return Conversion(without_head(of_run(small_run).model, Head.LOGITS), lambda: images)
