"""Batch-norm statistics for inference, measured after training instead of averaged along the way.

The moving averages lag behind the weights: with a momentum of 0.99 a run of few steps trains well and answers at
chance. Averaging the batches' statistics under the final weights is "precise BN" (Wu and Johnson, Rethinking "Batch"
in BatchNorm, 2021).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import layers

if TYPE_CHECKING:
    from collections.abc import Iterable

# More tell nothing new: a convolution sees many places of each image.
MOST_IMAGES = 1000


def refresh_norms(model: keras.Model, batches: Iterable[object]) -> None:
    """Set the statistics of every batch norm to those of ``batches``, float32 (batch, px, px, 3), 0 to 255.

    A layer's mean is the mean of the batches' means; its variance is that of all batches taken together.
    """
    norms = [layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)]
    momenta = [layer.momentum for layer in norms]
    means: list[list[np.ndarray]] = [[] for _ in norms]
    variances: list[list[np.ndarray]] = [[] for _ in norms]
    try:
        for layer in norms:
            layer.momentum = 0.0  # so that the statistics after a call are those of its batch
        for images in batches:
            model(images, training=True)
            for index, layer in enumerate(norms):
                means[index].append(keras.ops.convert_to_numpy(layer.moving_mean).astype(np.float64))
                variances[index].append(keras.ops.convert_to_numpy(layer.moving_variance).astype(np.float64))
    finally:
        for layer, momentum in zip(norms, momenta, strict=True):
            layer.momentum = momentum
    for layer, mean, variance in zip(norms, means, variances, strict=True):
        layer.moving_mean.assign(np.mean(mean, axis=0))
        layer.moving_variance.assign(np.mean(variance, axis=0) + np.var(mean, axis=0))
