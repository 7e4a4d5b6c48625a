"""ResNet-50 (He et al., 2015): bottleneck blocks around shortcut connections; a stage's first 1 × 1 convolution strides."""

from __future__ import annotations

import keras
from keras import KerasTensor, layers

from edgekit.networks.blocks import Style, activate, bare_conv, classifier, conv, image_input, norm

# (channels inside a block, blocks) of each stage; a block gives four times the channels.
_STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))
_EXPANSION = 4


def build(*, image_px: int, classes: int, style: Style) -> keras.Model:
    """Return an untrained ResNet-50."""
    image, x = image_input(image_px, style)
    x = conv(x, style.wide(64), 7, style, "stem", strides=2)
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="stem_pool")(x)
    for stage, (channels, blocks) in enumerate(_STAGES, start=2):
        for index in range(1, blocks + 1):
            strides = 2 if stage > 2 and index == 1 else 1
            x = _block(x, channels, strides, style, f"block_{stage}_{index}", project=index == 1)
    features = layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(image, classifier(features, classes, style), name="resnet50")


def _block(x: KerasTensor, channels: int, strides: int, style: Style, name: str, *, project: bool) -> KerasTensor:
    wide = style.wide(_EXPANSION * channels)
    shortcut = norm(bare_conv(x, wide, 1, f"{name}_shortcut", strides=strides), style, f"{name}_shortcut") if project else x
    x = conv(x, style.wide(channels), 1, style, f"{name}_1", strides=strides)
    x = conv(x, style.wide(channels), 3, style, f"{name}_2")
    x = norm(bare_conv(x, wide, 1, f"{name}_3"), style, f"{name}_3")
    return activate(layers.Add(name=f"{name}_add")([shortcut, x]), style, name)
