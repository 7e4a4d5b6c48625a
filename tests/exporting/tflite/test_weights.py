"""Kernels of seven bits, within their range, on steps of twice the size, and with the answers of the wide ones; fully connected ones of eight."""

import keras
import numpy as np
import onnxruntime
import pytest
from keras import layers

from edgekit.exporting.conversion import Conversion
from edgekit.exporting.onnx import convert as onnx
from edgekit.exporting.tflite import convert as tflite
from edgekit.exporting.tflite.layers import layers_of
from edgekit.exporting.tflite.model import TFLiteModel
from edgekit.exporting.tflite.operator import Kind
from edgekit.exporting.tflite.weights import narrow_weights
from edgekit.spec.export import OnnxOptions, Precision, TFLiteOptions
from lite import calibrated, scores


@pytest.fixture(scope="module")
def wide(conversion, images):
    return tflite.quantise(calibrated(conversion.convert(TFLiteOptions()).data, images))


@pytest.fixture(scope="module")
def narrow(wide):
    model = TFLiteModel.read(wide)
    assert narrow_weights(model)
    return model.to_bytes()


def numbers_of(data):
    """The int32 bias and the int8 kernel of each layer as numbers, and the kernel's integers."""
    model = TFLiteModel.read(data)
    for layer in layers_of(model):
        kernel, bias = (model.tensors[number] for number in layer.inputs[1:])
        axis = [-1 if place == kernel.quantization.axis else 1 for place in range(len(kernel.shape))]
        yield kernel.stored, kernel.stored * kernel.quantization.scales.reshape(axis), bias.stored * bias.quantization.scales


def test_kernels_and_biases_mean_what_they_meant(wide, narrow):
    layers = list(zip(numbers_of(wide), numbers_of(narrow), strict=True))
    assert len(layers) > 20
    for (stored, kernel, bias), (less, near, shift) in layers:
        assert -64 <= less.min() <= less.max() <= 63
        assert np.abs(stored).max() == 127
        step = np.abs(kernel).max() / 127
        assert np.abs(near - kernel).max() <= 2.001 * step
        np.testing.assert_allclose(shift, bias, atol=np.abs(bias).max() / 500)


def test_the_answers_stay_near(wide, narrow, images):
    before, after = scores(wide, images), scores(narrow, images)
    assert np.abs(after - before).max() < 0.15 * np.ptp(before)


def test_fused_kernels_answer_what_the_file_says(narrow, images):
    options = OnnxOptions(precision=Precision.INT8)
    data = onnx.convert(tflite.finished(TFLiteModel.read(narrow), TFLiteOptions(precision=Precision.INT8), image_px=48), options)
    plain = onnxruntime.SessionOptions()
    plain.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    fused, meant = (onnxruntime.InferenceSession(data, settings) for settings in (onnxruntime.SessionOptions(), plain))
    answers = [np.concatenate([session.run(None, {"image": image})[0] for image in images[:8]]) for session in (fused, meant)]
    assert np.abs(answers[0] - answers[1]).max() < 0.05 * np.ptp(answers[1])


def converted(images, body, precision):
    """The file of a network around ``body``."""
    image = keras.Input((48, 48, 3))
    network = keras.Model(image, layers.Dense(5)(body(image)))
    return Conversion(network, lambda: images[:4]).convert(TFLiteOptions(precision=precision)).data


def test_a_kernel_of_eight_bits_that_is_left_makes_no_file_narrow(images):
    plain = converted(images, lambda image: layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(image)), Precision.FLOAT32)
    other = converted(images, lambda image: layers.GlobalAveragePooling2D()(layers.Conv2DTranspose(4, 3)(image)), Precision.FLOAT32)
    models = [TFLiteModel.read(tflite.quantise(calibrated(data, images[:4]))) for data in (plain, other)]
    before = models[1].to_bytes()
    assert [narrow_weights(model) for model in models] == [True, False]
    assert models[1].to_bytes() == before


def test_layers_that_share_a_kernel_quantise_their_inputs_alike(images):
    def twice(image):
        shared = layers.Dense(8, use_bias=False)
        return shared(layers.LeakyReLU()(shared(layers.Dense(8)(layers.GlobalAveragePooling2D()(image)))))

    dense = TFLiteModel.read(converted(images, twice, Precision.MIXED)).operators_of(Kind.FULLY_CONNECTED)
    assert len({operator.inputs[1] for operator in dense}) == 3
    assert [operator.options.asymmetricQuantizeInputs for operator in dense] == [True] * 4
