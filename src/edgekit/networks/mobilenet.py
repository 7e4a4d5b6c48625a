"""MobileNet (Howard et al., 2017): depthwise separable convolutions, thinned or widened by a multiplier."""

from __future__ import annotations

import keras
from keras import layers

from edgekit.networks.blocks import Style, classifier, conv, depthwise, image_input

_STEM_CHANNELS = 32
# (channels, stride) of each separable convolution, from table 1 of the paper.
_SEPARABLE = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))


def build(*, image_px: int, classes: int, style: Style) -> keras.Model:
    """Return an untrained MobileNet."""
    image, x = image_input(image_px, style)
    x = conv(x, style.wide(_STEM_CHANNELS), 3, style, "stem", strides=2)
    for index, (channels, strides) in enumerate(_SEPARABLE, start=1):
        x = depthwise(x, 3, style, f"depthwise_{index}", strides=strides)
        x = conv(x, style.wide(channels), 1, style, f"pointwise_{index}")
    features = layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(image, classifier(features, classes, style), name="mobilenet")
