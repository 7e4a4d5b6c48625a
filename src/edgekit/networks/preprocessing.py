"""The one resize, for training and for the deployed graph, so that there is no skew between them."""

from __future__ import annotations

from keras import layers

from edgekit.networks import settings  # noqa: F401 (sets what a keras.json may have set otherwise)

RESIZE_DESCRIPTION = "bilinear, half-pixel centres, no antialias"


def resize_layer(image_px: int) -> layers.Layer:
    """Return the layer that brings float32 (…, height, width, 3) to (…, px, px, 3), values unchanged in range.

    It runs inside ``tf.data`` under every Keras backend, and inside the exported graph.
    """
    return layers.Resizing(image_px, image_px, interpolation="bilinear", antialias=False, name="resize")
