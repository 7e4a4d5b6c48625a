"""Kernels of seven bits, within their range, on steps of twice the size, and with the answers of the wide ones."""

import keras
import numpy as np
import onnxruntime
import pytest
from keras import layers

from edgekit.exporting.conversion import Conversion
from edgekit.exporting.onnx import convert as onnx
from edgekit.exporting.quantization.rewrites.narrow_weights import narrow_weights
from edgekit.exporting.tflite import convert as tflite
from edgekit.exporting.tflite.layers import layers_of
from edgekit.exporting.tflite.model import TFLiteModel
from edgekit.spec.export import Head, OnnxOptions, TFLiteOptions
from edgekit.spec.format import Precision
from edgekit.spec.rewrites import Rewrites
from lite import calibrated, scores


@pytest.fixture(scope="module")
def wide(conversion, images):
    return tflite.quantise(calibrated(conversion.convert(TFLiteOptions()).data, images))


def narrowed(data):
    """The file, and whether it was changed."""
    model = TFLiteModel.read(data)
    changed = narrow_weights(model)
    return model.to_bytes(), changed


def numbers_of(data):
    """The int32 bias and the int8 kernel of each layer as numbers, and the kernel's integers."""
    model = TFLiteModel.read(data)
    for layer in layers_of(model):
        kernel, bias = (model.tensors[number] for number in layer.inputs[1:])
        axis = [-1 if place == kernel.quantization.axis else 1 for place in range(len(kernel.shape))]
        yield kernel.stored, kernel.stored * kernel.quantization.scales.reshape(axis), bias.stored * bias.quantization.scales


def test_kernels_and_biases_mean_what_they_meant(wide):
    narrow, changed = narrowed(wide)
    layers = list(zip(numbers_of(wide), numbers_of(narrow), strict=True))
    assert changed
    assert len(layers) > 20
    for (stored, kernel, bias), (less, halved, shift) in layers:
        assert -64 <= less.min() <= less.max() <= 63
        assert np.abs(stored).max() == 127
        step = np.abs(kernel).max() / 127
        assert np.abs(halved - kernel).max() <= 2.001 * step
        np.testing.assert_allclose(shift, bias, atol=np.abs(bias).max() / 500)


def test_the_answers_stay_near(wide, images):
    before, after = scores(wide, images), scores(narrowed(wide)[0], images)
    assert np.abs(after - before).max() < 0.15 * np.ptp(before)


def test_fused_kernels_answer_what_the_file_says(wide, images):
    options = OnnxOptions(precision=Precision.INT8)
    data = onnx.convert(tflite.finished(TFLiteModel.read(narrowed(wide)[0]), Head.LOGITS, Precision.INT8, Rewrites(), image_px=48)[0], options)[0]
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
    assert narrowed(tflite.quantise(calibrated(plain, images[:4])))[1]
    wide = TFLiteModel.read(tflite.quantise(calibrated(other, images[:4]))).to_bytes()
    assert narrowed(wide) == (wide, False)
