"""A small network to convert."""

import pytest

from edgekit.datasets.resize import as_input
from edgekit.spec.tensor import DType, TensorSpec


@pytest.fixture(scope="module")
def images(small_run):
    from edgekit.exporting.source.source import of_run

    pixels = [example.picture.pixels() for example in of_run(small_run).images.calibration[:40]]
    return [as_input(image, TensorSpec(name="image", shape=(1, 48, 48, 3), dtype=DType.UINT8)) for image in pixels]


@pytest.fixture(scope="module")
def conversion(small_run, images):
    from edgekit.exporting.conversion import Conversion
    from edgekit.exporting.source.source import of_run
    from edgekit.models.head import without_head
    from edgekit.spec.export import Head

    return Conversion(without_head(of_run(small_run).model, Head.LOGITS), lambda: images)
