"""The graph that is exported: raw pictures in, the scores of the trained model's head out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from edgekit.networks.blocks import INPUT_NAME
from edgekit.networks.preprocessing import resize_layer

if TYPE_CHECKING:
    from edgekit.models.front import Front
    from edgekit.spec.export import InputSize


def deployable(network: keras.Model, size: InputSize, front: Front | None = None) -> keras.Model:
    """Return the graph that is exported: uint8 (1, height, width, 3), raw RGB, to ``network``'s answer.

    ``front`` is what the trained model itself does to an image of any size, in place of the resize. A fixed size that is the
    network's own needs no resize: it would be the identity.
    """
    image_px = network.input.shape[1]
    image = keras.Input((size.height_px, size.width_px, 3), batch_size=1, dtype="uint8", name=INPUT_NAME)
    x = keras.ops.cast(image, "float32")
    if front is not None:
        x = front.deployed(x)
    elif (size.height_px, size.width_px) != (image_px, image_px):
        x = resize_layer(image_px)(x)
    return keras.Model(image, network(x), name="deployable")
