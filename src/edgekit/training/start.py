"""Starting from another run's weights: with a new last layer for other classes, and at another image size."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import keras
from keras import layers

from edgekit.errors import UsageError
from edgekit.models.saved import load_model
from edgekit.networks.blocks import LOGITS_NAME
from edgekit.store.run import StartRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from edgekit.store.run import Run


def take_weights(model: keras.Model, run: Run, classes: Sequence[str]) -> StartRecord:
    """Give ``model`` the weights that ``run`` was trained to, but for layers whose shape is another here, and the last one if ``classes`` are others.

    A fully connected layer that reads a flattened map is brought to the map's size here.

    Raises:
        UsageError: no convolution fits: the run's width is another.

    """
    source = load_model(run.model_file)
    known = {layer.name: layer.get_weights() for layer in source.layers}
    before, after = _flattened(source), _flattened(model)
    taken, new = 0, []
    for layer in model.layers:
        weights, shapes = known.get(layer.name, []), [array.shape for array in layer.get_weights()]
        if before and after and before != after and _reads(weights, before) and shapes and shapes[0] == (prod(after), weights[0].shape[1]):
            weights = [_resized(weights[0], before, after), *weights[1:]]
        if [array.shape for array in weights] == shapes and (layer.name != LOGITS_NAME or tuple(classes) == run.record.labels):
            layer.set_weights(weights)
            taken += isinstance(layer, layers.Conv2D)
        else:
            new.append(layer.name)
    if not taken:
        raise UsageError(f"no convolution of {run.folder} fits this training", hint="take the width of its recipe")
    return StartRecord(run=run.name, model_sha256=run.record.model_sha256, new=tuple(new))


def _flattened(model: keras.Model) -> tuple[int, ...] | None:
    """Return height, width and channels of the map that a network flattens, if it does."""
    found = [layer for layer in model.layers if isinstance(layer, layers.Flatten)]
    return tuple(found[0].input.shape[1:]) if found else None


def _reads(weights: Sequence[NDArray[np.float32]], shape: tuple[int, ...]) -> bool:
    return bool(weights) and weights[0].ndim == 2 and weights[0].shape[0] == prod(shape)


def _resized(kernel: NDArray[np.float32], before: tuple[int, ...], after: tuple[int, ...]) -> NDArray[np.float32]:
    """Return a kernel of (places · channels, nodes) for a map of another size: interpolated, and the same sum over the places."""
    maps = kernel.reshape(1, *before[:2], -1)
    larger = keras.ops.convert_to_numpy(keras.ops.image.resize(maps, after[:2], antialias=True))
    return (larger * (prod(before[:2]) / prod(after[:2]))).reshape(prod(after), -1)
