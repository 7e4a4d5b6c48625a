"""Layers of an int8 file that stay in float32."""

import numpy as np
import pytest

from edgekit.datasets.resize import as_input
from edgekit.export.conversion import Conversion
from edgekit.export.head import without_head
from edgekit.export.subject import of_run
from edgekit.spec.export import Head, Precision, TFLiteOptions
from edgekit.spec.tensor import DType, TensorSpec
from lite import scores

INT8 = TFLiteOptions(precision=Precision.INT8)


@pytest.fixture(scope="module")
def images(small_run):
    pixels = [example.picture.pixels() for example in of_run(small_run).images.calibration[:40]]
    return [as_input(image, TensorSpec(name="image", shape=(1, 48, 48, 3), dtype=DType.UINT8)) for image in pixels]


@pytest.fixture(scope="module")
def conversion(small_run, images):
    return Conversion(without_head(of_run(small_run).model, Head.LOGITS), lambda: images)


def test_the_layers_that_lose_most_stay_in_float32(conversion, images):
    reference = scores(conversion.convert(TFLiteOptions()).data, images)
    whole, part = conversion.convert(INT8), conversion.convert(INT8, layers_in_float=2)
    assert whole.in_float == ()
    assert len(part.in_float) == len(set(part.in_float)) == 2
    errors = [np.square(scores(made.data, images) - reference).mean() for made in (whole, part)]
    assert errors[1] < errors[0]
    assert len(whole.data) < len(part.data) < 1.3 * len(whole.data)
