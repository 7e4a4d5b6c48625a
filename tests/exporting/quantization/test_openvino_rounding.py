"""A float32 graph that rounds as OpenVINO does, and biases that are corrected by it."""

import numpy as np
import pytest

from edgekit.exporting.onnx import convert as onnx
from edgekit.exporting.quantization.bias_correction import BiasCorrection
from edgekit.exporting.quantization.openvino_rounding import rounded
from edgekit.exporting.tflite import convert as tflite
from edgekit.exporting.tflite.layers import WEIGHTED, layers_of
from edgekit.exporting.tflite.model import TFLiteModel
from edgekit.exporting.tflite.operator import Kind
from edgekit.spec.export import Head, OnnxOptions, TFLiteOptions
from edgekit.spec.format import Precision
from edgekit.spec.rewrites import Rewrites
from edgekit.spec.tuning import built_in
from lite import calibrated, scores, shifted
from vino import openvino_scores

OPTIONS = OnnxOptions(precision=Precision.INT8, tuning=built_in("openvino"))


@pytest.fixture(scope="module")
def ranges(conversion, images):
    return calibrated(conversion.convert(TFLiteOptions()).data, images, around_zero=True)


@pytest.fixture(scope="module")
def integers(ranges):
    return tflite.quantise(ranges)


def in_openvino(integers, images):
    data = tflite.finished(TFLiteModel.read(integers), Head.LOGITS, Precision.INT8, Rewrites(), image_px=48)[0]
    return openvino_scores(onnx.convert(data, OPTIONS)[0], images)


def noise(got, wanted):
    return float(np.square(got - wanted).mean() / np.square(wanted).mean())


def test_it_answers_as_openvino_does(ranges, integers, images):
    """To the last steps: sums that end half-way between two may go either way. So something is wrong in the file that shows in every layer."""
    off = shifted(integers, 300)
    wanted, simulated, answered = scores(ranges, images), scores(rounded(ranges, off), images), in_openvino(off, images)
    assert noise(answered, wanted) > 0.05
    assert noise(simulated, answered) < 0.1 * noise(answered, wanted)


def test_one_pair_of_steps_for_each_layer_and_none_before_its_activation(ranges, integers):
    model = TFLiteModel.read(rounded(ranges, integers))
    given_by = {operator.output: operator.kind for operator in model.operators}
    activations, layers = model.operators_of(Kind.LEAKY_RELU), layers_of(model)
    assert len(activations) == 27
    assert {given_by[operator.inputs[0]] for operator in activations} <= set(WEIGHTED)
    assert {given_by[layer.inputs[0]] for layer in layers[1:]} <= {Kind.DEQUANTIZE, Kind.RESHAPE}
    assert len(model.operators_of(Kind.QUANTIZE)) >= len(layers)


def test_what_openvino_answers_wrongly_is_taken_back(ranges, integers, images):
    wanted, off = scores(ranges, images), shifted(integers, 300)
    plain, before, after = (
        noise(in_openvino(data, images), wanted) for data in (integers, off, BiasCorrection(ranges, images[:16], for_openvino=True).corrected(off))
    )
    assert before > 4 * plain
    assert after < 1.3 * plain
