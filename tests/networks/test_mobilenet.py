import msgspec
import numpy as np
import pytest

from edgekit.networks import build
from edgekit.spec.network import DEFAULT_NETWORK
from edgekit.spec.recipe import RECIPES

INPUT_NORM = 4 * 3


def test_at_width_1_it_has_the_parameters_of_the_reference():
    """keras.applications.MobileNet has 4,253,864 at 1,000 classes; its classifier is a 1 × 1 convolution with a bias."""
    model = build(msgspec.structs.replace(DEFAULT_NETWORK, width=1.0), RECIPES["paper"], classes=1000)
    assert model.count_params() - INPUT_NORM == 4_253_864


def test_at_width_1_2_the_channels_are_rounded_down():
    model = build(DEFAULT_NETWORK, RECIPES["paper"], classes=28)
    channels = [layer.filters for layer in model.layers if type(layer).__name__ == "Conv2D"]
    assert sorted(set(channels)) == [38, 76, 153, 307, 614, 1228]
    weighted = [layer for layer in model.layers if type(layer).__name__ in ("Conv2D", "DepthwiseConv2D", "Dense")]
    assert len(weighted) == DEFAULT_NETWORK.depth == 28
    assert model.count_params() == pytest.approx(4_629_000, rel=0.01)


def test_it_answers_probabilities():
    model = build(msgspec.structs.replace(DEFAULT_NETWORK, width=0.25), msgspec.structs.replace(RECIPES["quick"], image_px=32), classes=5)
    answer = np.asarray(model(np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3)).astype(np.float32)))
    assert answer.shape == (2, 5)
    assert np.allclose(answer.sum(axis=1), 1, atol=1e-5)
