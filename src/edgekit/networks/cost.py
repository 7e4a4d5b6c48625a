"""What a built network costs: its parameters, and the multiply-adds of one image."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from keras import layers

if TYPE_CHECKING:
    import keras


def parameters(model: keras.Model) -> int:
    """Return the number of weights, batch norms' moving statistics included."""
    return int(model.count_params())


def multiply_adds(model: keras.Model) -> int:
    """Return the multiply-adds of convolutions and fully connected layers for one image; all else is small beside them."""
    return sum(_of(layer) for layer in model.layers)


def _of(layer: layers.Layer) -> int:
    if isinstance(layer, layers.Dense):
        return math.prod(layer.kernel.shape)
    if isinstance(layer, layers.DepthwiseConv2D | layers.Conv2D):
        _, height, width, _ = layer.output.shape
        return int(height * width * math.prod(layer.kernel.shape))
    return 0
