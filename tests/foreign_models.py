"""Keras models as others build them: heads, activations and blocks that edgekit's own networks do not have. Small, and not trained here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import layers

import seeds

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

CLASSES = 5
PX = 32


def stem(*, activation="relu", px=PX):
    image = keras.Input((px, px, 3))
    x = layers.Conv2D(16, 3, strides=2, padding="same", use_bias=False)(layers.Rescaling(1 / 255)(image))
    return image, layers.Activation(activation)(layers.BatchNormalization()(x))


def conv(x, channels, *, activation="relu", strides=1):
    x = layers.Conv2D(channels, 3, strides=strides, padding="same", use_bias=False)(x)
    return layers.Activation(activation)(layers.BatchNormalization()(x))


def scores(image, x):
    """Many features for few images: the fitted layer has wide margins, as a trained one has."""
    return classified(image, layers.Flatten()(layers.AveragePooling2D(2)(x)))


def classified(image, features):
    return keras.Model(image, layers.Dense(CLASSES, activation="softmax")(layers.Dropout(0.2)(features)))


def smooth():
    image, x = stem(activation="swish")
    return scores(image, conv(conv(x, 32, activation="gelu", strides=2), 32, activation="elu"))


def clipped():
    image, x = stem(activation="relu6")
    return scores(image, conv(conv(x, 32, activation="hard_silu", strides=2), 64, activation="relu6"))


def convolutions():
    """Separable, padded by a layer of its own, dilated, in groups."""
    image, x = stem()
    x = layers.BatchNormalization()(layers.SeparableConv2D(32, 3, padding="same", activation="relu")(x))
    x = layers.Conv2D(32, 3, strides=2, activation="relu")(layers.ZeroPadding2D(((0, 1), (0, 1)))(x))
    x = layers.Conv2D(32, 3, dilation_rate=2, padding="same", activation="relu")(x)
    return scores(image, layers.Concatenate()([x, layers.MaxPooling2D(3, 1, padding="same")(layers.Conv2D(32, 1, groups=2)(x))]))


def behind_zeros():
    """As keras.applications' networks begin, with layers of zeros, and an inverted residual block with ReLU6."""
    image = keras.Input((PX, PX, 3))
    x = layers.Conv2D(16, 7, strides=2)(layers.ZeroPadding2D(3)(layers.Rescaling(1 / 127.5, -1)(image)))
    x = layers.ZeroPadding2D(1)(layers.ReLU()(layers.BatchNormalization()(x)))
    x = layers.MaxPooling2D(3, 2)(x)
    y = layers.ReLU(6.0)(layers.BatchNormalization()(layers.Conv2D(64, 1)(x)))
    y = layers.DepthwiseConv2D(3, strides=2)(layers.ZeroPadding2D(((0, 1), (0, 1)))(y))
    return scores(image, layers.BatchNormalization()(layers.Conv2D(32, 1)(layers.ReLU(6.0)(layers.BatchNormalization()(y)))))


def squeeze_and_excite():
    image, x = stem()
    x = conv(x, 32, strides=2)
    weights = layers.Dense(8, activation="relu")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    x = layers.Multiply()([x, layers.Dense(32, activation="sigmoid")(weights)])
    weights = layers.Reshape((1, 1, 32))(layers.GlobalAveragePooling2D()(x))
    return scores(image, conv(x * layers.Conv2D(32, 1, activation="hard_sigmoid")(weights), 32))


def attention():
    image, x = stem()
    tokens = layers.Reshape((64, 32))(conv(x, 32, strides=2))
    attended = layers.MultiHeadAttention(2, 16)(*[layers.LayerNormalization()(tokens)] * 2)
    x = layers.LayerNormalization()(tokens + attended)
    return keras.Model(image, layers.Dense(CLASSES, activation="softmax")(layers.GlobalAveragePooling1D()(x)))


def group_norm():
    image, x = stem()
    x = layers.GroupNormalization(4)(layers.Conv2D(32, 3, strides=2, padding="same")(x))
    x = layers.Conv2D(24, 3)(layers.LeakyReLU(negative_slope=0.1)(x))
    return scores(image, layers.PReLU(shared_axes=[1, 2])(x))


def nested_twice():
    """One block, a model of its own, called twice, and another whose layers have the same names."""
    inside = keras.Input((16, 16, 16))
    shared = keras.Model(inside, layers.Add(name="add")([inside, layers.Conv2D(16, 3, padding="same", activation="relu", name="conv")(inside)]))
    other = keras.Sequential([keras.Input((16, 16, 16)), layers.Conv2D(24, 3, name="conv"), layers.ReLU(name="add")])
    image, x = stem()
    return scores(image, conv(other(shared(shared(x))), 64, strides=2))


def shuffled():
    """Channels in two halves that change places: an operation with two outputs."""
    image, x = stem()
    first, second = keras.ops.split(conv(x, 32, strides=2), 2, axis=-1)
    return scores(image, layers.Concatenate()([second, conv(first, 16)]))


def linear_head():
    """No softmax; and augmentation inside, as in Keras' tutorials, which does nothing at inference."""
    image = keras.Input((PX, PX, 3))
    augmentation = keras.Sequential([keras.Input((PX, PX, 3)), layers.RandomFlip("horizontal"), layers.RandomRotation(0.1)])
    x = conv(layers.Rescaling(1 / 255)(layers.RandomContrast(0.2)(augmentation(image))), 16, strides=2)
    return keras.Model(image, layers.Dense(CLASSES)(layers.Flatten()(conv(x, 8, strides=2))))


def softmax_layers():
    image, x = stem()
    x = layers.Dense(CLASSES)(layers.GlobalAveragePooling2D()(conv(x, 24)))
    return keras.Model(image, layers.Dropout(0.1)(layers.Flatten()(layers.Activation("softmax")(x))))


def convolutional_head():
    image, x = stem()
    x = layers.Conv2D(CLASSES, 1)(layers.GlobalAveragePooling2D(keepdims=True)(conv(x, 24)))
    return keras.Model(image, layers.Softmax()(layers.Reshape((CLASSES,))(x)))


def any_size():
    image = keras.Input((None, None, 3))
    x = conv(conv(conv(image, 32, strides=2), 64, strides=2), 128)
    return classified(image, layers.GlobalAveragePooling2D()(x))


def backbone(build: Callable[..., keras.Model], px: int, **options: object) -> Callable[[], keras.Model]:
    """A network of keras.applications inside a model of one's own."""

    def whole():
        inner = build(weights=None, include_top=False, input_shape=(px, px, 3), **options)
        image = keras.Input((px, px, 3))
        return scores(image, inner(image))

    return whole


SMALL = {
    "smooth": smooth,
    "clipped": clipped,
    "convolutions": convolutions,
    "behind_zeros": behind_zeros,
    "squeeze_and_excite": squeeze_and_excite,
    "attention": attention,
    "group_norm": group_norm,
    "nested_twice": nested_twice,
    "shuffled": shuffled,
}
HEADS = {"linear_head": linear_head, "softmax_layers": softmax_layers, "convolutional_head": convolutional_head}
BACKBONES = {
    "mobilenet_v2": backbone(keras.applications.MobileNetV2, 64, alpha=0.35),
    "mobilenet_v3": backbone(keras.applications.MobileNetV3Small, 64, minimalistic=False),
}


def built(name: str, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> keras.Model:
    """Build a model of the tables, seeded; its batch norms measure ``images``, and its last layer is fitted to them, as trained ones are."""
    keras.utils.set_random_seed(seeds.seed(1))
    model = (SMALL | HEADS | BACKBONES)[name]()
    settle(model, images, labels)
    return model


def settle(model: keras.Model, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
    """Give the batch norms the statistics of ``images``, and the last layer the least squares' weights (ridge, for targets of ±4)."""
    px = model.inputs[0].shape[1] or PX
    pixels = np.asarray(keras.ops.image.resize(images.astype(np.float32), (px, px)))
    for layer in model._flatten_layers():
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = 0.0
    model(pixels, training=True)
    last = [layer for layer in model.layers if isinstance(layer, (layers.Dense, layers.Conv2D))][-1]
    features = keras.Model(model.inputs, last.input).predict(pixels, verbose=0).reshape(len(pixels), -1).astype(np.float64)
    wanted = np.eye(CLASSES)[labels] * 8 - 4
    centred = features - features.mean(axis=0)
    ridge = 0.1 * np.trace(centred.T @ centred) / features.shape[1]
    kernel = np.linalg.solve(centred.T @ centred + ridge * np.eye(features.shape[1]), centred.T @ wanted)
    last.set_weights([kernel.reshape(last.kernel.shape), wanted.mean(axis=0) - features.mean(axis=0) @ kernel])
