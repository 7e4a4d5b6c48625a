"""GoogLeNet (Szegedy et al., 2014): nine Inception modules, without the auxiliary classifiers, which serve training alone.

Leaky ReLU stands once, after each convolution inside the branches, so what a concatenation gives is already active.
"""

from __future__ import annotations

from typing import NamedTuple

import keras
from keras import KerasTensor, layers

from edgekit.networks.blocks import Style, classifier, conv, image_input


class _Module(NamedTuple):
    """Channels of an Inception module, named as the columns of the paper's table 1."""

    name: str
    one: int
    three_reduce: int
    three: int
    five_reduce: int
    five: int
    pool: int


_STAGES = (
    (_Module("3a", 64, 96, 128, 16, 32, 32), _Module("3b", 128, 128, 192, 32, 96, 64)),
    (
        _Module("4a", 192, 96, 208, 16, 48, 64),
        _Module("4b", 160, 112, 224, 24, 64, 64),
        _Module("4c", 128, 128, 256, 24, 64, 64),
        _Module("4d", 112, 144, 288, 32, 64, 64),
        _Module("4e", 256, 160, 320, 32, 128, 128),
    ),
    (_Module("5a", 256, 160, 320, 32, 128, 128), _Module("5b", 384, 192, 384, 48, 128, 128)),
)


def build(*, image_px: int, classes: int, style: Style) -> keras.Model:
    """Return an untrained GoogLeNet."""
    image, x = image_input(image_px, style)
    x = _halve(conv(x, style.wide(64), 7, style, "conv_1", strides=2), "pool_1")
    x = conv(x, style.wide(64), 1, style, "conv_2_reduce")
    x = conv(x, style.wide(192), 3, style, "conv_2")
    for stage, modules in enumerate(_STAGES, start=2):
        x = _halve(x, f"pool_{stage}")
        for module in modules:
            x = _inception(x, module, style)
    features = layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(image, classifier(features, classes, style), name="googlenet")


def _inception(x: KerasTensor, module: _Module, style: Style) -> KerasTensor:
    def branch(start: KerasTensor, channels: int, kernel: int, name: str) -> KerasTensor:
        return conv(start, style.wide(channels), kernel, style, f"inception_{module.name}_{name}")

    pooled = layers.MaxPooling2D(3, strides=1, padding="same", name=f"inception_{module.name}_max")(x)
    branches = [
        branch(x, module.one, 1, "1x1"),
        branch(branch(x, module.three_reduce, 1, "3x3_reduce"), module.three, 3, "3x3"),
        branch(branch(x, module.five_reduce, 1, "5x5_reduce"), module.five, 5, "5x5"),
        branch(pooled, module.pool, 1, "pool"),
    ]
    return layers.Concatenate(name=f"inception_{module.name}")(branches)


def _halve(x: KerasTensor, name: str) -> KerasTensor:
    return layers.MaxPooling2D(3, strides=2, padding="same", name=name)(x)
