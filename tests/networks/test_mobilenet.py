from edgekit.networks import build
from edgekit.spec.network import DEFAULT_NETWORK
from edgekit.spec.recipe import RECIPES


def test_at_width_1_2_the_channels_are_rounded_down():
    model = build(DEFAULT_NETWORK, RECIPES["paper"], classes=28)
    channels = [layer.filters for layer in model.layers if type(layer).__name__ == "Conv2D"]
    assert sorted(set(channels)) == [38, 76, 153, 307, 614, 1228]
