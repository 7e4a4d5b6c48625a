"""Which layers stay in float32: those that add most noise, while the file takes little longer by it."""

import pytest

from edgekit.exporting.quantization import sensitivity
from edgekit.exporting.quantization.sensitivity import MOST_LONGER, noisiest
from edgekit.exporting.tflite import convert as tflite
from edgekit.exporting.tflite.layers import kernel_of, layers_of, output_of
from edgekit.exporting.tflite.model import TFLiteModel
from edgekit.spec.export import TFLiteOptions
from lite import calibrated

FEW = 8


@pytest.fixture(scope="module")
def ranges(conversion, images):
    return calibrated(conversion.convert(TFLiteOptions()).data, images)


@pytest.fixture(scope="module")
def integers(ranges):
    return tflite.quantise(ranges)


def by_name(model):
    return {output_of(model, layer): layer for layer in layers_of(model)}


def with_wrong_weights(data, layer):
    """The graph with each second weight of a layer gone."""
    model = TFLiteModel.read(data)
    kernel = kernel_of(model, by_name(model)[layer])
    weights = kernel.stored.copy()
    weights.reshape(-1)[::2] = 0
    kernel.store(weights)
    return model.to_bytes()


@pytest.mark.parametrize("place", [2, 9, 20])
def test_the_layer_that_is_damaged_comes_first(ranges, integers, images, place):
    layer = list(by_name(TFLiteModel.read(integers)))[place]
    assert noisiest(ranges, with_wrong_weights(integers, layer), images[:FEW], 1)[0][0] == layer


def test_no_more_than_are_asked_for(ranges, integers, images):
    several = noisiest(ranges, integers, images[:FEW], 6)
    assert len(several) == len({tensors[0] for tensors in several}) == 6
    assert several[:3] == noisiest(ranges, integers, images[:FEW], 3)


def test_the_file_takes_little_longer_however_many_are_asked_for(ranges, integers, images, monkeypatch):
    model = TFLiteModel.read(ranges)
    known = by_name(model)
    seconds = {name: sensitivity._seconds(model, operator) for name, operator in known.items()}
    everything = sum(in_int8 for in_int8, _ in seconds.values())
    chosen = [tensors[0] for tensors in noisiest(ranges, integers, images[:FEW], len(known))]
    longer = sum(seconds[name][1] - seconds[name][0] for name in chosen)
    assert 0 < longer <= MOST_LONGER * everything
    assert 0 < len(chosen) < len(known)
    monkeypatch.setattr(sensitivity, "MOST_LONGER", 0.0)
    assert noisiest(ranges, integers, images[:FEW], len(known)) == ()


def test_a_layer_waits_for_its_products_or_for_its_weights(ranges):
    """A convolution reads its weights once for many products; a fully connected layer has one for each."""
    model = TFLiteModel.read(ranges)
    known = by_name(model)
    factors = {name: in_float32 / in_int8 for name, (in_int8, in_float32) in ((name, sensitivity._seconds(model, known[name])) for name in known)}
    assert min(factors.values()) == pytest.approx(4)
    assert max(factors.values()) == pytest.approx(15)
    assert factors[list(known)[-1]] == min(factors.values())
