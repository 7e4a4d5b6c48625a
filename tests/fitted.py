"""Last layers that are fitted to images, not trained: their margins are wide whatever the layers before hold, on any CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import layers

import seeds
from edgekit.datasets.folder import open_folder
from edgekit.networks import build
from edgekit.store.run import MODEL_FILE, Run
from handmade_run import run_record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from edgekit.datasets.dataset import Example
    from edgekit.spec.network import NetworkSpec
    from edgekit.spec.recipe import Recipe


# Of the features' variance: with less, the weights grow so large that they make much of what 8 bits round.
_RIDGE = 1.0
_ROUNDS, _STEP = 10, 8.0


def settle(model: keras.Model, images: NDArray[np.uint8], labels: NDArray[np.int64], *, px: int) -> None:
    """Give the batch norms the statistics of ``images``, and the last layer weights that tell ``labels`` by wide margins."""
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = 0.0
    pixels = np.asarray(keras.ops.image.resize(images.astype(np.float32), (px, px)))
    model(pixels, training=True)
    _fit_last_layer(model, pixels, labels)


def _fit_last_layer(model: keras.Model, pixels: NDArray[np.float32], labels: NDArray[np.int64]) -> None:
    """Give the last layer the least squares' weights, for targets of ±4.

    An image whose own class leads by little, or not, weighs more in the next round, so that in the end all lead by about as much.
    """
    last = [layer for layer in model.layers if isinstance(layer, (layers.Dense, layers.Conv2D))][-1]
    features = keras.Model(model.inputs, last.input).predict(pixels, verbose=0).reshape(len(pixels), -1).astype(np.float64)
    mean, own = features.mean(axis=0), np.eye(labels.max() + 1)[labels]
    wanted, weight = own * 8 - 4, np.ones(len(pixels))
    for _ in range(_ROUNDS):
        weighted = (features - mean) * weight[:, np.newaxis]
        squares = weighted.T @ (features - mean)
        kernel = np.linalg.solve(squares + np.eye(len(squares)) * _RIDGE * np.trace(squares) / len(squares), weighted.T @ wanted)
        scores = (features - mean) @ kernel + wanted.mean(axis=0)
        lead = (scores * own).sum(axis=1) - np.where(own, -np.inf, scores).max(axis=1)
        weight *= np.exp(-_STEP * lead / np.ptp(scores))
        weight /= weight.mean()
    last.set_weights([kernel.reshape(last.kernel.shape), wanted.mean(axis=0) - mean @ kernel])


def fitted_run(network: NetworkSpec, recipe: Recipe, images: Path, folder: Path) -> Run:
    """Make a run of a network with weights that Keras draws, norms that are measured on the test images, and a last layer that is fitted to them."""
    keras.utils.set_random_seed(seeds.seed(1))
    record = run_record(images, network, recipe)
    model = build(network, recipe, classes=len(record.labels))
    pictures, labels = pictures_of(open_folder(images).test)
    settle(model, pictures, labels, px=recipe.image_px)
    model.save(folder / MODEL_FILE)
    return Run(folder, record)


def pictures_of(examples: Sequence[Example]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the images, which are of one size, and their labels."""
    return np.stack([example.picture.pixels() for example in examples]), np.array([example.label for example in examples])
