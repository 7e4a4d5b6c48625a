"""Layers of an int8 file that stay in float32."""

import numpy as np

from edgekit.spec.export import Precision, TFLiteOptions
from lite import scores

INT8 = TFLiteOptions(precision=Precision.INT8)


def test_the_layers_that_lose_most_stay_in_float32(conversion, images):
    reference = scores(conversion.convert(TFLiteOptions()).data, images)
    whole, part = conversion.convert(INT8), conversion.convert(INT8, layers_in_float=8)
    assert whole.in_float == ()
    # Which they are depends on the weights, and so on the CPU that trained them: a layer of much work leaves room for fewer.
    assert 6 <= len(part.in_float) == len(set(part.in_float)) <= 8
    errors = [np.square(scores(made.data, images) - reference).mean() for made in (whole, part)]
    assert errors[1] < errors[0]
    assert len(whole.data) < len(part.data) < 1.3 * len(whole.data)
