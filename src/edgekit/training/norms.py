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
    from collections.abc import Iterable, Sized

# More tell nothing new: a convolution sees many places of each image.
MOST_IMAGES = 1000


def refresh_norms(model: keras.Model, batches: Iterable[Sized]) -> None:
    """Set the statistics of every batch norm to those of ``batches``, float32 (batch, px, px, 3), 0 to 255.

    They are those of all batches taken together, in which every image weighs the same.
    """
    norms = [layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)]
    momenta = [layer.momentum for layer in norms]
    means: list[list[np.ndarray]] = [[] for _ in norms]
    variances: list[list[np.ndarray]] = [[] for _ in norms]
    sizes = []
    try:
        for layer in norms:
            layer.momentum = 0.0  # so that the statistics after a call are those of its batch
        for images in batches:
            model(images, training=True)
            sizes.append(len(images))
            for index, layer in enumerate(norms):
                means[index].append(keras.ops.convert_to_numpy(layer.moving_mean).astype(np.float64))
                variances[index].append(keras.ops.convert_to_numpy(layer.moving_variance).astype(np.float64))
    finally:
        for layer, momentum in zip(norms, momenta, strict=True):
            layer.momentum = momentum
    for layer, mean, variance in zip(norms, means, variances, strict=True):
        whole = np.average(mean, axis=0, weights=sizes)
        layer.moving_mean.assign(whole)
        layer.moving_variance.assign(np.average(variance + (mean - whole) ** 2, axis=0, weights=sizes))
