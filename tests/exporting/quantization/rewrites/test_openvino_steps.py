"""Scales that lie evenly around zero."""

import numpy as np
import pytest

from edgekit.exporting.quantization.rewrites.openvino_steps import openvino_steps
from edgekit.exporting.tflite import convert as tflite
from edgekit.exporting.tflite.model import TFLiteModel
from edgekit.spec.export import TFLiteOptions
from foreign_files import Lite, packed
from lite import calibrated


@pytest.fixture(scope="module")
def floats(conversion):
    return conversion.convert(TFLiteOptions()).data


def noted(data):
    return {tensor.name: tensor.range for tensor in TFLiteModel.read(data).tensors if tensor.range is not None}


def test_steps_around_zero(floats, images):
    found, widened = calibrated(floats, images), calibrated(floats, images, around_zero=True)
    before, after = noted(found), noted(widened)
    for name, (low, high) in before.items():
        if low >= 0:
            assert after[name] == (low, high)
        else:
            step = after[name][1] / 127
            assert np.isclose(after[name][0], -128 * step)
            assert np.isclose(step, max(-low / 128, high / 127))
    tensors = TFLiteModel.read(tflite.quantise(widened)).tensors
    zeros = {tensor.name: int(tensor.quantization.zero_points[0]) for tensor in tensors if tensor.dtype == np.int8}
    quantised = before.keys() & zeros.keys()
    assert len(quantised) > 50
    assert {zeros[name] for name in quantised if before[name][0] < 0} == {0}


@pytest.mark.parametrize(
    ("bounds", "wanted"),
    [
        ((-128.0, 3.0), (-128.0, 127.0)),
        ((-3.0, 254.0), (-256.0, 254.0)),
        ((0.0, 5.0), (0.0, 5.0)),
        # 7.98361 / 127 · 127 is the next number above in 32 bits, and 7.98361 again in 64.
        ((-1.0, 7.98361), tuple(np.float32(7.98361) / np.float32(127) * np.float32(bound) for bound in (-128, 127))),
    ],
)
def test_bounds_are_those_of_32_bits(bounds, wanted):
    made = Lite()
    number = made.tensor((1, 4), "float32", name="image")
    made.graph.inputs = made.graph.outputs = np.array([number], np.int32)
    model = TFLiteModel.read(packed(made.model))
    model.tensors[number].range = bounds
    openvino_steps(model)
    assert TFLiteModel.read(model.to_bytes()).tensors[number].range == wanted
