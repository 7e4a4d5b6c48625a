"""Kernels that waited outside the converter give the file that they give inside it."""

import numpy as np
import pytest

from edgekit.errors import ExportError
from edgekit.exporting import conversion
from edgekit.exporting.conversion import Conversion
from edgekit.exporting.keras.writer import rebuild
from edgekit.exporting.tflite import convert as tflite
from edgekit.exporting.tflite import large_kernels
from edgekit.exporting.tflite.model import TFLiteModel
from edgekit.graph import ops
from edgekit.spec.export import TFLiteOptions
from edgekit.spec.format import PRECISIONS, Format
from lite import scores
from sketch import Sketch, answers

PX = 9


def network():
    """Two fully connected layers of different sizes, and two of the same, each behind an activation."""
    sketch = Sketch(PX)
    x = sketch.add(ops.Flatten(), sketch.conv("image", 8))
    for units in (40, 24, 24, 24):
        x = sketch.add(ops.Leaky(0.2), sketch.dense(x, units))
    return sketch.graph(sketch.dense(x, 5))


@pytest.fixture(scope="module")
def graph():
    return network()


@pytest.mark.parametrize("precision", PRECISIONS[Format.TFLITE])
def test_the_same_answers_and_operators_as_inside(graph, monkeypatch, precision):
    images = [np.random.default_rng(seed).integers(0, 256, (1, PX, PX, 3), np.uint8) for seed in range(12)]
    made = {}
    for least_bytes in (large_kernels.LARGE_BYTES, 1000):
        seen = []

        def take_out(whole, least_bytes=least_bytes, seen=seen):
            light, kernels = large_kernels.take_out(whole, least_bytes=least_bytes)
            seen.append(len(kernels))
            return light, kernels

        monkeypatch.setattr(conversion, "take_out", take_out)
        made[least_bytes] = Conversion(rebuild(graph), lambda: images).convert(TFLiteOptions(precision=precision)).data
        assert seen == [0 if least_bytes > 1000 else 4]
    inside, outside = made.values()
    assert tflite.operators(outside) == tflite.operators(inside)
    assert abs(len(outside) - len(inside)) < 4000  # a scale for each output
    wanted, got = scores(inside, images), scores(outside, images)
    assert np.array_equal(got, wanted)
    assert np.ptp(wanted) > 0


def test_a_kernel_that_finds_no_place_is_not_lost_in_silence(graph):
    light, kernels = large_kernels.take_out(graph, least_bytes=1000)
    assert kernels
    with pytest.raises(ExportError, match="stood for a large kernel"):
        large_kernels.put_back(TFLiteModel.read(Conversion(rebuild(graph), list).convert(TFLiteOptions()).data), kernels)
    assert answers(light).shape == answers(graph).shape
