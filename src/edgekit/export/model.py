"""The trained model, its head removed, in two roles: the reference that exports are held against, and the deployable graph."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import layers

from edgekit.errors import ExportError
from edgekit.networks.blocks import INPUT_NAME
from edgekit.networks.preprocessing import resize_layer
from edgekit.spec.export import Head, InputSize

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_BATCH = 32


def without_head(model: keras.Model, head: Head) -> keras.Model:
    """Return the part of ``model`` up to what ``head`` answers: float32 (batch, px, px, 3) to float32 (batch, scores).

    The head is found by structure: a softmax layer that reads a fully connected one.
    """
    softmax = model.layers[-1]
    dense = softmax.input._keras_history.operation if isinstance(softmax, layers.Softmax) else None
    if not isinstance(dense, layers.Dense):
        raise ExportError("the model does not end in a fully connected layer and a softmax layer", hint="train it with `edgekit train`")
    answer = {Head.LOGITS: dense.output, Head.FEATURES: dense.input, Head.PROBABILITIES: softmax.output}[head]
    return keras.Model(model.input, answer, name="network")


def deployable(network: keras.Model, size: InputSize) -> keras.Model:
    """Return the graph that is exported: uint8 (1, height, width, 3), raw RGB, to ``network``'s answer.

    A fixed size that is the network's own needs no resize: it would be the identity.
    """
    image_px = network.input.shape[1]
    image = keras.Input((size.height_px, size.width_px, 3), batch_size=1, dtype="uint8", name=INPUT_NAME)
    x = keras.ops.cast(image, "float32")
    if (size.height_px, size.width_px) != (image_px, image_px):
        x = resize_layer(image_px)(x)
    return keras.Model(image, network(x), name="deployable")


class Reference:
    """What the trained model answers to raw pictures, by training's own path: resize, then the network."""

    def __init__(self, network: keras.Model) -> None:
        self._network = network
        self._resize = resize_layer(network.input.shape[1])

    def scores(self, pictures: Iterable[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Return float32 (images, scores) for uint8 (height, width, 3) pictures."""
        resized = (np.asarray(self._resize(pixels.astype(np.float32))) for pixels in pictures)
        answers = []
        while batch := list(islice(resized, _BATCH)):
            answers.append(self._network.predict_on_batch(np.stack(batch)))
        return np.concatenate(answers)
