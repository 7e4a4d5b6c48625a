"""DenseNet-121 (Huang et al., 2016): each layer reads all earlier ones of its block; norm and activation stand before a convolution."""

from __future__ import annotations

import keras
from keras import KerasTensor, layers

from edgekit.networks.blocks import Style, bare_conv, classifier, conv, image_input, norm_activate

_STEM_CHANNELS = 64
_GROWTH = 32
_BOTTLENECK = 4
_BLOCKS = (6, 12, 24, 16)


def build(*, image_px: int, classes: int, style: Style) -> keras.Model:
    """Return an untrained DenseNet-121."""
    image, x = image_input(image_px, style)
    x = conv(x, style.wide(_STEM_CHANNELS), 7, style, "stem", strides=2)
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="stem_pool")(x)
    for block, count in enumerate(_BLOCKS, start=1):
        if block > 1:
            x = _transition(x, style, f"transition_{block - 1}")
        for index in range(1, count + 1):
            x = _layer(x, style, f"block_{block}_{index}")
    features = layers.GlobalAveragePooling2D(name="pool")(norm_activate(x, style, "final"))
    return keras.Model(image, classifier(features, classes, style), name="densenet121")


def _layer(x: KerasTensor, style: Style, name: str) -> KerasTensor:
    new = norm_activate(x, style, f"{name}_1")
    new = conv(new, style.wide(_BOTTLENECK * _GROWTH), 1, style, f"{name}_1x1")
    new = bare_conv(new, style.wide(_GROWTH), 3, f"{name}_3x3")
    return layers.Concatenate(name=name)([x, new])


def _transition(x: KerasTensor, style: Style, name: str) -> KerasTensor:
    """Halve channels and image."""
    x = norm_activate(x, style, name)
    x = bare_conv(x, x.shape[-1] // 2, 1, f"{name}_conv")
    return layers.AveragePooling2D(2, name=f"{name}_pool")(x)
