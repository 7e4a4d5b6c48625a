"""AlexNet (Krizhevsky et al., 2012) in one tower: five convolutions, three fully connected layers.

Batch norm stands in place of local response normalisation. At 224 px the stem pads to 56 × 56 where the paper's
figures imply 55 × 55; the pools bring both to 27, 13 and 6.
"""

from __future__ import annotations

import keras
from keras import KerasTensor, layers

from edgekit.networks.blocks import Style, classifier, conv, hidden, image_input

_HIDDEN_NODES = 4096


def build(*, image_px: int, classes: int, style: Style) -> keras.Model:
    """Return an untrained AlexNet."""
    image, x = image_input(image_px, style)
    x = _pool(conv(x, style.wide(96), 11, style, "conv_1", strides=4), "pool_1")
    x = _pool(conv(x, style.wide(256), 5, style, "conv_2"), "pool_2")
    x = conv(x, style.wide(384), 3, style, "conv_3")
    x = conv(x, style.wide(384), 3, style, "conv_4")
    x = _pool(conv(x, style.wide(256), 3, style, "conv_5"), "pool_5")
    x = layers.Flatten(name="flatten")(x)
    x = hidden(x, style.wide(_HIDDEN_NODES), style, "full_6")
    features = hidden(x, style.wide(_HIDDEN_NODES), style, "full_7")
    return keras.Model(image, classifier(features, classes, style), name="alexnet")


def _pool(x: KerasTensor, name: str) -> KerasTensor:
    return layers.MaxPooling2D(3, strides=2, name=name)(x)
