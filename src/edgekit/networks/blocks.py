"""What all networks are made of: the input, a convolution with its norm and activation, fully connected layers."""

from __future__ import annotations

from dataclasses import dataclass

import keras
from keras import KerasTensor, layers

from edgekit.networks import settings  # noqa: F401 (sets what a keras.json may have set otherwise)

INPUT_NAME = "image"
INPUT_NORM_NAME = "input_norm"
LOGITS_NAME = "logits"


@dataclass(frozen=True, slots=True)
class Style:
    """What the recipe decides about layers, the same for every layer of a network.

    ``width`` multiplies every channel count but the classes'.
    """

    width: float
    leaky_slope: float
    dropout_rate: float
    batch_norm_momentum: float

    def wide(self, channels: int) -> int:
        """Return the paper's ``channels`` times the width, rounded down."""
        return max(1, int(channels * self.width))


def image_input(image_px: int, style: Style) -> tuple[KerasTensor, KerasTensor]:
    """Return the input, float32 (batch, px, px, 3) RGB 0 to 255, and the same batch-normalised over its channels."""
    image = keras.Input((image_px, image_px, 3), name=INPUT_NAME)
    return image, layers.BatchNormalization(momentum=style.batch_norm_momentum, name=INPUT_NORM_NAME)(image)


def norm(x: KerasTensor, style: Style, name: str) -> KerasTensor:
    """Batch norm alone, before an addition."""
    return layers.BatchNormalization(momentum=style.batch_norm_momentum, name=f"{name}_norm")(x)


def activate(x: KerasTensor, style: Style, name: str) -> KerasTensor:
    """Leaky ReLU alone, after an addition or a fully connected layer."""
    return layers.LeakyReLU(negative_slope=style.leaky_slope, name=f"{name}_leaky")(x)


def norm_activate(x: KerasTensor, style: Style, name: str) -> KerasTensor:
    """Batch norm, then Leaky ReLU."""
    return activate(norm(x, style, name), style, name)


def bare_conv(x: KerasTensor, channels: int, kernel: int, name: str, *, strides: int = 1) -> KerasTensor:
    """Convolution alone, without bias: batch norm stands before it, or after it."""
    return layers.Conv2D(channels, kernel, strides=strides, padding="same", use_bias=False, name=name)(x)


def conv(x: KerasTensor, channels: int, kernel: int, style: Style, name: str, *, strides: int = 1) -> KerasTensor:
    """Convolution without bias, batch norm, Leaky ReLU."""
    return norm_activate(bare_conv(x, channels, kernel, name, strides=strides), style, name)


def depthwise(x: KerasTensor, kernel: int, style: Style, name: str, *, strides: int = 1) -> KerasTensor:
    """Depthwise convolution without bias, batch norm, Leaky ReLU."""
    x = layers.DepthwiseConv2D(kernel, strides=strides, padding="same", use_bias=False, name=name)(x)
    return norm_activate(x, style, name)


def hidden(features: KerasTensor, nodes: int, style: Style, name: str) -> KerasTensor:
    """Dropout, a fully connected layer, Leaky ReLU."""
    x = layers.Dropout(style.dropout_rate, name=f"{name}_dropout")(features)
    return activate(layers.Dense(nodes, name=name)(x), style, name)


def classifier(features: KerasTensor, classes: int, style: Style) -> KerasTensor:
    """Dropout, one fully connected layer of a node a class, softmax."""
    x = layers.Dropout(style.dropout_rate, name="dropout")(features)
    return probabilities(layers.Dense(classes, name=LOGITS_NAME)(x))


def probabilities(logits: KerasTensor) -> KerasTensor:
    """Return what a trained network answers: the softmax of float32 (batch, classes), 0 to 1."""
    return layers.Softmax(name="probabilities")(logits)
