import keras
import numpy as np
import pytest
from keras import layers

from edgekit.errors import ExportError
from edgekit.export.foreign import with_raw_input
from edgekit.export.head import without_head
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
    with pytest.raises(ExportError, match=r"no probabilities: it has no softmax.* Received: Dense"):
        answer(model, Head.PROBABILITIES)


def test_a_sigmoid_has_no_logits():
    image, x = stem()
    model = keras.Model(image, layers.Dense(CLASSES, activation="sigmoid")(layers.GlobalAveragePooling2D()(x)))
    assert answer(model, Head.FEATURES).shape == (3, 16)
    with pytest.raises(ExportError, match=r"no logits: it ends in neither .* with the activation sigmoid"):
        answer(model, Head.LOGITS)


def test_a_model_without_classifier_gives_features():
    image, x = stem()
    model = keras.Model(image, layers.GlobalAveragePooling2D()(conv(x, 24)))
    assert np.allclose(answer(model, Head.FEATURES), np.asarray(model(IMAGES)), atol=1e-5)
    with pytest.raises(ExportError, match="no logits"):
        answer(model, Head.LOGITS)
