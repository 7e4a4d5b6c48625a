import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from edgekit.errors import ExportError
from edgekit.models.head import Ending, ends_of, without_head
from edgekit.models.raw_input import with_raw_input
from edgekit.spec.export import Head
from edgekit.spec.pixels import RAW
from foreign_models import CLASSES, HEADS, PX, SMALL, conv, stem

IMAGES = np.random.default_rng(0).uniform(0, 255, (3, PX, PX, 3)).astype(np.float32)


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def answer(model, head):
    return np.asarray(without_head(with_raw_input(model, PX, RAW), head)(IMAGES))


@pytest.mark.parametrize("name", ["smooth", "nested_twice", "softmax_layers", "convolutional_head"])
def test_a_softmax_in_any_form(name):
    model = (SMALL | HEADS)[name]()
    wanted = np.asarray(model(IMAGES))
    assert np.allclose(answer(model, Head.PROBABILITIES), wanted, atol=1e-6)
    logits, features = answer(model, Head.LOGITS), answer(model, Head.FEATURES)
    assert np.allclose(softmax(logits), wanted, atol=1e-5)
    last = [layer for layer in model.layers if isinstance(layer, (layers.Dense, layers.Conv2D))][-1]
    kernel = np.asarray(last.kernel).reshape(-1, CLASSES)
    assert features.shape == (3, len(kernel))
    assert np.allclose(features @ kernel + np.asarray(last.bias), logits, atol=1e-4)


def test_what_is_put_in_has_the_same_name_each_time():
    model = HEADS["convolutional_head"]()
    names = [[layer.name for layer in without_head(model, Head.FEATURES).layers] for _ in range(2)]
    assert names[0] == names[1]


def test_a_softmax_that_is_called_as_a_function():
    image, x = stem()
    model = keras.Model(image, keras.ops.softmax(layers.Dense(CLASSES)(layers.Flatten()(x))))
    assert np.allclose(softmax(answer(model, Head.LOGITS)), np.asarray(model(IMAGES)), atol=1e-5)


def test_a_sequential_model_whose_head_is_inside_another():
    image, x = stem()
    inner = keras.Model(image, layers.Dense(CLASSES, activation="softmax")(layers.GlobalAveragePooling2D()(x)))
    model = keras.Sequential([keras.Input((PX, PX, 3)), inner, layers.Dropout(0.5)])
    assert answer(model, Head.FEATURES).shape == (3, 16)
    assert np.allclose(softmax(answer(model, Head.LOGITS)), np.asarray(model(IMAGES)), atol=1e-5)


def test_without_softmax_the_last_layer_gives_the_logits():
    model = HEADS["linear_head"]()
    assert np.allclose(answer(model, Head.LOGITS), np.asarray(model(IMAGES, training=False)), atol=1e-5)
    assert answer(model, Head.FEATURES).shape == (3, 8 * 8 * 8)
    with pytest.raises(ExportError, match=r"no probabilities: it has no softmax or sigmoid.* Received: Dense"):
        answer(model, Head.PROBABILITIES)


@pytest.mark.parametrize("scores", [1, CLASSES])
@pytest.mark.parametrize("form", ["of the layer", "a layer", "a function"])
def test_a_sigmoid_in_any_form(form, scores):
    image, x = stem()
    x = layers.GlobalAveragePooling2D()(x)
    if form == "of the layer":
        end = layers.Dense(scores, activation="sigmoid")(x)
    else:
        logits = layers.Dense(scores)(x)
        end = layers.Activation("sigmoid")(logits) if form == "a layer" else keras.ops.sigmoid(logits)
    model = keras.Model(image, end)
    wanted = np.asarray(model(IMAGES))
    assert np.allclose(1 / (1 + np.exp(-answer(model, Head.LOGITS))), wanted, atol=1e-5)
    assert np.allclose(answer(model, Head.PROBABILITIES), wanted, atol=1e-6)
    assert answer(model, Head.FEATURES).shape == (3, 16)
    assert ends_of(with_raw_input(model, PX, RAW)).ending is Ending.SIGMOID


@keras.saving.register_keras_serializable()
def of_ones_own(x):
    """A softmax that is not Keras' own function."""
    powers = keras.ops.exp(x - keras.ops.max(x, axis=-1, keepdims=True))
    return powers / keras.ops.sum(powers, axis=-1, keepdims=True)


def by(activation):
    def end(x):
        return layers.Dense(CLASSES, activation=activation)(x)

    return end


SOFTMAXES = {
    "of one's own": by(of_ones_own),
    "keras.ops.softmax": by(keras.ops.softmax),
    "tf.nn.softmax": by(tf.nn.softmax),
    "a layer as activation": by(layers.Softmax()),
    "axis 1 of a vector": lambda x: layers.Softmax(axis=1)(layers.Dense(CLASSES)(x)),
    "behind another shape": lambda x: layers.Flatten()(layers.Softmax()(layers.Reshape((1, 1, CLASSES))(layers.Dense(CLASSES)(x)))),
    "classes along another axis": lambda x: layers.Reshape((CLASSES,))(
        layers.Softmax(axis=1)(layers.Reshape((CLASSES, 1))(layers.Dense(CLASSES)(x)))
    ),
    "of a temperature": lambda x: layers.Softmax()(layers.Rescaling(0.5)(layers.Dense(CLASSES)(x))),
}


@pytest.mark.parametrize("name", SOFTMAXES)
def test_a_softmax_is_known_by_what_it_does(name):
    image, x = stem()
    model = keras.Model(image, SOFTMAXES[name](layers.GlobalAveragePooling2D()(x)))
    wanted = np.asarray(model(IMAGES)).reshape(3, -1)
    assert np.allclose(softmax(answer(model, Head.LOGITS)), wanted, atol=1e-5)
    assert np.allclose(answer(model, Head.PROBABILITIES), wanted, atol=1e-6)


def dense(x, scores=CLASSES, activation=None):
    return layers.Dense(scores, activation=activation)(layers.GlobalAveragePooling2D()(x))


OTHERS = {
    "a mean of two softmaxes": lambda x: layers.Average()([dense(x, activation="softmax"), dense(x, activation="softmax")]),
    "a sum of two softmaxes": lambda x: dense(x, activation="softmax") + dense(x, activation="softmax"),
    "a softmax, then scaled": lambda x: layers.Rescaling(100.0)(dense(x, activation="softmax")),
    "a softmax over one of each": lambda x: layers.Flatten()(layers.Softmax(axis=1)(layers.Reshape((1, CLASSES))(dense(x)))),
    "a mean of a softmax at every place": lambda x: layers.GlobalAveragePooling2D()(layers.Conv2D(CLASSES, 1, activation="softmax")(x)),
    "a softmax over the height": lambda x: layers.GlobalAveragePooling2D()(layers.Softmax(axis=1)(layers.Conv2D(CLASSES, 1)(x))),
    "a hard sigmoid": lambda x: dense(x, activation="hard_sigmoid"),
    "a tanh": lambda x: dense(x, 1, activation="tanh"),
    "a ReLU": lambda x: layers.ReLU()(dense(x)),
    "a sigmoid of a softmax": lambda x: layers.Concatenate()([dense(x, 1, "sigmoid"), dense(x, 2, "softmax")]),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_ending_is_refused_with_what_to_do(name):
    """A hint names no head that is refused too."""
    image, x = stem()
    model = keras.Model(image, OTHERS[name](x))
    for head in (Head.LOGITS, Head.PROBABILITIES):
        with pytest.raises(ExportError, match=f"no {head.value}: it ends in no softmax over its classes.* Received: ") as caught:
            answer(model, head)
        assert "--head logits" not in caught.value.hint
        assert "end it in the layer that gives the scores" in caught.value.hint
    assert answer(model, Head.FEATURES).ndim == 2
    assert "--head features" in caught.value.hint


def test_a_model_without_classifier_gives_features():
    image, x = stem()
    model = keras.Model(image, layers.GlobalAveragePooling2D()(conv(x, 24)))
    assert np.allclose(answer(model, Head.FEATURES), np.asarray(model(IMAGES)), atol=1e-5)
    with pytest.raises(ExportError, match="no logits"):
        answer(model, Head.LOGITS)
