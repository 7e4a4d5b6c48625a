"""VGG-16 (Simonyan and Zisserman, 2014), configuration D: thirteen 3 × 3 convolutions, three fully connected layers."""

from __future__ import annotations

import keras
from keras import layers

from edgekit.networks.blocks import Style, classifier, conv, hidden, image_input

# (channels, convolutions) of each stage; a stage ends in a pool that halves the image.
_STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
_HIDDEN_NODES = 4096


def build(*, image_px: int, classes: int, style: Style) -> keras.Model:
    """Return an untrained VGG-16."""
    image, x = image_input(image_px, style)
    for stage, (channels, convolutions) in enumerate(_STAGES, start=1):
        for index in range(1, convolutions + 1):
            x = conv(x, style.wide(channels), 3, style, f"conv_{stage}_{index}")
        x = layers.MaxPooling2D(2, name=f"pool_{stage}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = hidden(x, style.wide(_HIDDEN_NODES), style, "full_1")
    features = hidden(x, style.wide(_HIDDEN_NODES), style, "full_2")
    return keras.Model(image, classifier(features, classes, style), name="vgg16")
