"""A graph that is run piece by piece answers as the whole."""

import numpy as np
import pytest

from edgekit.exporting.quantization.interpreter import activations, opened
from edgekit.exporting.quantization.segments import Pieces
from edgekit.exporting.tflite import convert as tflite
from edgekit.exporting.tflite.layers import layers_of, output_of
from edgekit.exporting.tflite.model import TFLiteModel
from edgekit.spec.export import TFLiteOptions
from lite import calibrated, scores


@pytest.fixture(scope="module")
def floats(conversion):
    return conversion.convert(TFLiteOptions()).data


def whole(data, image):
    return dict(activations(opened(data, image.shape), image))


def in_pieces(data, images, layers):
    model = TFLiteModel.read(data)
    pieces = Pieces(model, images)
    return [(output_of(model, layer), pieces.until(layer)) for layer in np.array(layers_of(model))[layers]]


@pytest.mark.parametrize("layers", [slice(None), [0, 1, 26], [13]])
def test_as_in_one_run(floats, images, layers):
    wanted = [whole(floats, image) for image in images[:2]]
    found = in_pieces(floats, images[:2], layers)
    assert len(found) == len(np.arange(28)[layers])
    for name, answers in found:
        for each, answer in zip(wanted, answers, strict=True):
            assert np.abs(answer - each[name]).max() <= 1e-5 * np.abs(each[name]).max()


def test_eight_bits_to_the_last_one(floats, images):
    data = tflite.quantise(calibrated(floats, images))
    wanted = scores(data, images[:2])
    assert np.ptp(wanted) > 0
    for layers in ([-1], slice(None)):
        _, answers = in_pieces(data, images[:2], layers)[-1]
        assert np.array_equal(np.concatenate(answers), wanted)


def test_a_change_in_the_last_operator_shows_in_the_next_piece(floats, images):
    model = TFLiteModel.read(floats)
    pieces = Pieces(model, images[:1])
    first, second = layers_of(model)[:2]
    pieces.until(first)
    bias = model.tensors[first.inputs[2]]
    bias.store(bias.stored + np.float32(1))
    (answer,) = pieces.until(second)
    changed = whole(model.to_bytes(), images[0])[output_of(model, second)]
    assert np.abs(answer - changed).max() <= 1e-5 * np.abs(changed).max()
    assert np.abs(answer - whole(floats, images[0])[output_of(model, second)]).max() > 1e-2 * np.abs(changed).max()
