"""Biases that take back what rounding adds on average."""

import numpy as np
import pytest

from edgekit.exporting.quantization import bias_correction
from edgekit.exporting.quantization.bias_correction import BiasCorrection
from edgekit.exporting.quantization.interpreter import activations, opened
from edgekit.exporting.tflite import convert as tflite
from edgekit.exporting.tflite.layers import layers_of, output_of
from edgekit.exporting.tflite.model import TFLiteModel
from edgekit.spec.export import TFLiteOptions
from lite import calibrated, scores, shifted


@pytest.fixture(scope="module")
def ranges(conversion, images):
    return calibrated(conversion.convert(TFLiteOptions()).data, images)


def error(data, ranges, images):
    wanted = scores(ranges, images)
    return float(np.square(scores(data, images) - wanted).mean() / np.square(wanted).mean())


def means(data, images):
    interpreter = opened(data, images[0].shape)
    kept = [{name: values.mean(axis=(0, 1, 2)) for name, values in activations(interpreter, image) if values.ndim == 4} for image in images]
    return {name: np.mean([each[name] for each in kept], axis=0) for name in kept[0]}


def test_rounding_that_adds_up_is_taken_back(ranges, images):
    plain = tflite.quantise(ranges)
    off = shifted(plain, 300)
    assert error(off, ranges, images) > 4 * error(plain, ranges, images)
    assert error(BiasCorrection(ranges, images[:16]).corrected(off), ranges, images) < 1.3 * error(plain, ranges, images)
    assert error(BiasCorrection(ranges, images[:16]).corrected(plain), ranges, images) <= 1.05 * error(plain, ranges, images)


def test_one_image_is_enough(ranges, images):
    off = shifted(tflite.quantise(ranges), 300)
    assert error(BiasCorrection(ranges, images[:1]).corrected(off), ranges, images) < 0.5 * error(off, ranges, images)


def test_each_layer_has_the_mean_of_the_float_graph(ranges, images):
    few = images[:16]
    plain = shifted(tflite.quantise(ranges), 300)
    made = BiasCorrection(ranges, few).corrected(plain)
    model = TFLiteModel.read(made)
    layers = [output_of(model, layer) for layer in layers_of(model)]
    wanted, before, after = (means(data, few) for data in (ranges, plain, made))
    compared = [name for name in layers if name in wanted and name in after]
    assert len(compared) > 20
    assert sum(np.abs(after[name] - wanted[name]).sum() for name in compared) < 0.3 * sum(
        np.abs(before[name] - wanted[name]).sum() for name in compared
    )


def test_the_same_bytes_each_time_and_hardly_more_of_them(ranges, images, monkeypatch):
    model = TFLiteModel.read(ranges)
    first_in_float = [output_of(model, layers_of(model)[0])]
    plain, part = tflite.quantise(ranges), tflite.quantise(ranges, first_in_float)
    asked = []
    monkeypatch.setattr(bias_correction, "opened", lambda data, *rest, **named: asked.append(data) or opened(data, *rest, **named))
    one_after_the_other = BiasCorrection(ranges, images[:4])
    made = [one_after_the_other.corrected(data) for data in (plain, part, plain)]
    assert asked.count(ranges) == 2  # for the means, and to judge
    assert made == [BiasCorrection(ranges, images[:4]).corrected(data) for data in (plain, part, plain)]
    assert len(made[0]) < 1.05 * len(plain)


def test_layers_in_float32_are_left_alone(ranges, images):
    model = TFLiteModel.read(ranges)
    first = output_of(model, layers_of(model)[0])
    part = tflite.quantise(ranges, [first])
    made = TFLiteModel.read(BiasCorrection(ranges, images[:2]).corrected(part))
    kinds = [made.tensors[layer.inputs[2]].dtype for layer in layers_of(made)]
    assert kinds.count(np.float32) == 1
