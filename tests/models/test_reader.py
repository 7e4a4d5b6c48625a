"""A foreign model, read and rebuilt, answers as before: what is known as ops of the graph, the rest as it was."""

import keras
import numpy as np
import pytest
from keras import layers

from edgekit.exporting.keras.writer import rebuild
from edgekit.graph import ops
from edgekit.models.reader import read
from edgekit.passes import rewritten
from edgekit.spec.tuning import built_in
from sketch import assert_same, kinds

PX = 12


def settled(model):
    """Weights, and statistics of norms, as after a training: none is zero or one."""
    rng = np.random.default_rng(3)
    for weight in model.weights:
        values = rng.normal(0, 0.4, weight.shape)
        weight.assign(np.abs(values) + 0.2 if "variance" in weight.path else values)
    return model


def functional(make):
    image = keras.Input((PX, PX, 3))
    return settled(keras.Model(image, make(image)))


def convolution_with_activation(x):
    x = layers.Conv2D(4, 3, activation="relu")(x)
    return layers.Conv2D(3, 3, strides=2, padding="same", activation="linear", use_bias=False)(x)


def separable(x):
    x = layers.SeparableConv2D(5, 3, padding="same", activation="relu")(x)
    return layers.SeparableConv2D(4, 3, strides=2, padding="valid", use_bias=False)(x)


def rescaling(x):
    x = layers.Rescaling(1 / 127.5, offset=-1)(x)
    x = layers.Rescaling([0.5, 2.0, -1.0], offset=[0.0, 1.0, 2.0])(x)
    return layers.Conv2D(4, 3)(x)


def norms(x):
    x = layers.BatchNormalization(scale=False)(layers.Conv2D(4, 3)(x))
    x = layers.BatchNormalization(center=False, epsilon=0.1)(layers.Dropout(0.5)(x))
    return layers.BatchNormalization()(layers.Flatten()(x))


def activations(x):
    x = layers.LeakyReLU(negative_slope=0.1)(layers.Conv2D(4, 3)(x))
    x = layers.ReLU(negative_slope=0.2)(layers.Conv2D(4, 3)(x))
    return layers.Activation("relu")(x)


def pools(x):
    x = layers.MaxPooling2D(3, 2, "same")(x)
    x = layers.AveragePooling2D(2, 1, "same")(x)
    return layers.GlobalAveragePooling2D()(layers.Concatenate()([x, layers.Conv2D(4, 1)(x)]))


def sums(x):
    x = layers.Conv2D(4, 3, padding="same")(x)
    return layers.Add()([x, layers.Conv2D(4, 3, padding="same")(x)])


def dense(x):
    x = layers.Dense(6, activation="relu")(layers.Flatten()(x))
    return layers.Dense(4, activation="softmax")(x)


def softmax(x):
    return layers.Softmax()(layers.Dense(4)(layers.GlobalAveragePooling2D()(x)))


def clipped(x):
    x = layers.ReLU(max_value=0.4)(layers.Conv2D(4, 3)(x))
    return layers.Activation("relu6")(layers.Conv2D(4, 3, activation="relu6")(x))


def zeros(x):
    x = layers.Conv2D(4, 5, strides=2)(layers.ZeroPadding2D(2)(layers.Rescaling(2.0, offset=1)(x)))
    x = layers.DepthwiseConv2D(3, strides=2)(layers.ZeroPadding2D(((0, 1), (0, 1)))(x))
    return layers.MaxPooling2D(2)(layers.ZeroPadding2D(((1, 0), (0, 1)))(x))


def mean_as_an_image(x):
    y = layers.Conv2D(5, 1)(layers.GlobalAveragePooling2D(keepdims=True)(layers.Conv2D(4, 3)(x)))
    x = layers.Add()([y, layers.AveragePooling2D(PX - 2)(layers.Conv2D(5, 3)(x))])
    return layers.Activation("softmax")(layers.Reshape((5,))(x))


def average_around_each_pixel(x):
    """A window as large as the image, but one for each pixel: no mean of the whole."""
    return layers.AveragePooling2D(PX, 1, "same")(x)


def shared_layer(x):
    conv = layers.Conv2D(3, 3, padding="same")
    return layers.Add()([conv(x), conv(conv(x))])


def nested(x):
    inner = keras.Input((PX, PX, 3))
    model = keras.Model(inner, layers.ReLU()(layers.Conv2D(4, 3)(inner)))
    return layers.Conv2D(2, 3)(keras.Sequential([layers.Conv2D(4, 1), layers.ReLU()])(model(x)))


def nested_model_twice(x):
    inner = keras.Input((PX, PX, 3))
    model = keras.Model(inner, layers.Conv2D(3, 3, padding="same")(inner))
    return layers.Concatenate()([model(x), model(layers.ReLU()(model(x)))])


def nested_model_of_two_outputs(x):
    inner = keras.Input((PX, PX, 3))
    model = keras.Model(inner, [layers.Conv2D(3, 3)(inner), layers.Conv2D(2, 3)(inner)])
    first, second = model(x)
    return layers.Concatenate()([second, first])


KNOWN = [
    convolution_with_activation,
    separable,
    rescaling,
    norms,
    activations,
    pools,
    sums,
    dense,
    softmax,
    clipped,
    zeros,
    mean_as_an_image,
    average_around_each_pixel,
    shared_layer,
    nested,
    nested_model_twice,
    nested_model_of_two_outputs,
]


def dilated(x):
    return layers.Conv2D(4, 3, dilation_rate=2)(x)


def rescaling_of_three_dimensions(x):
    return layers.Rescaling(np.array([[[0.5, 2.0, 1.0]]]), offset=np.array([[[1.0, 0.0, -1.0]]]))(x)


def grouped(x):
    return layers.Conv2D(6, 3, groups=3)(x)


def unequal_strides(x):
    return layers.Conv2D(4, 3, strides=(2, 1))(x)


def multiplied_depthwise(x):
    return layers.SeparableConv2D(4, 3, depth_multiplier=2)(layers.DepthwiseConv2D(3, depth_multiplier=2)(x))


def other_activations(x):
    x = layers.Conv2D(4, 3, activation="gelu")(x)
    return layers.Activation("hard_sigmoid")(layers.Dense(4, activation="silu")(layers.Flatten()(x)))


def threshold(x):
    return layers.ReLU(threshold=0.5)(layers.Conv2D(4, 3)(x))


def clipped_with_a_slope(x):
    return layers.ReLU(max_value=0.4, negative_slope=0.1)(layers.Conv2D(4, 3)(x))


def zeros_channels_first(x):
    return layers.ZeroPadding2D(((1, 0), (0, 2)), data_format="channels_first")(x)


def mean_channels_first(x):
    return layers.GlobalAveragePooling2D(data_format="channels_first")(x)


def vector_of_rows(x):
    return layers.Reshape((-1,))(layers.Reshape((PX, PX * 3))(layers.Conv2D(3, 3, padding="same")(x)))


class _Unhashable:
    __hash__ = None

    def __call__(self, x):
        return 2 * x


def unhashable_activation(x):
    return layers.Conv2D(4, 3, activation=_Unhashable())(x)


def unequal_pools(x):
    return layers.AveragePooling2D((2, 1))(layers.MaxPooling2D(2, strides=(1, 2))(x))


def norm_along_the_rows(x):
    return layers.BatchNormalization(axis=1)(x)


def concatenated_rows(x):
    return layers.Concatenate(axis=1)([x, x])


def softmax_of_an_image(x):
    return layers.Softmax()(x)


def gate(x):
    """A squeeze-and-excitation block: a product with what was seen of the whole image."""
    seen = layers.GlobalAveragePooling2D(keepdims=True)(x)
    return layers.Multiply()([x, layers.Conv2D(3, 1, activation="sigmoid")(seen)])


def attention(x):
    rows = layers.Reshape((PX * PX, 3))(x)
    y, scores = layers.MultiHeadAttention(2, 4)(rows, rows, return_attention_scores=True)
    return layers.Concatenate()([layers.GlobalAveragePooling1D()(y), layers.Flatten()(scores[:, :, 0])])


def operations(x):
    y = keras.ops.split(layers.Conv2D(4, 3)(x), 2, axis=-1)
    return keras.ops.maximum(y[0] * 2.0, y[1] - y[0])


def three_in_a_sum(x):
    return layers.Add()([x, layers.Conv2D(3, 1)(x), layers.Conv2D(3, 1)(x)])


def sum_of_other_shapes(x):
    return layers.Add()([x, layers.Conv2D(3, PX)(x)])


def opaque_layer_twice(x):
    layer = layers.Conv2D(3, 3, padding="same", activation="silu")
    return layers.Subtract()([layer(layer(x)), layer(x)])


def names_that_keras_counts(x):
    """A file brings layers of names that Keras gives again in this process, and a model inside may repeat them."""
    for name in ("add", "multiply", "subtract", "concatenate", "reshape", "pad", "get_item", "get_item_1", "add_1"):
        x = layers.Activation("gelu", name=name)(layers.Conv2D(3, 1)(x))
    inner = keras.Input((PX, PX, 3))
    y = layers.Activation("sigmoid", name="add")(layers.BatchNormalization()(inner))
    return keras.Model(inner, layers.Conv2D(3, 3, padding="same", name="multiply")(layers.Conv2D(64, 3, padding="same")(y)))(x)


def dictionary(x):
    class Two(layers.Layer):
        def call(self, x):
            return {"b": x, "a": 2 * x}

    both = Two()(x)
    return layers.Concatenate()([both["b"], both["a"], layers.Conv2D(2, 1)(both["a"])])


UNKNOWN = [
    names_that_keras_counts,
    dictionary,
    dilated,
    rescaling_of_three_dimensions,
    grouped,
    unequal_strides,
    multiplied_depthwise,
    other_activations,
    threshold,
    clipped_with_a_slope,
    zeros_channels_first,
    mean_channels_first,
    vector_of_rows,
    unhashable_activation,
    unequal_pools,
    norm_along_the_rows,
    concatenated_rows,
    softmax_of_an_image,
    gate,
    attention,
    operations,
    three_in_a_sum,
    sum_of_other_shapes,
    opaque_layer_twice,
]
REWRITES = built_in("x86-vnni").tflite.float


@pytest.mark.parametrize("make", [*KNOWN, *UNKNOWN])
def test_the_same_answers_after_reading_and_after_every_rewrite(make):
    keras.utils.clear_session()  # Keras counts names from the start, as in a process that loads a file
    model = functional(make)
    keras.utils.clear_session()
    images = np.random.default_rng(1).uniform(0, 1, (2, PX, PX, 3)).astype(np.float32)
    wanted = np.asarray(model(images))
    assert np.ptp(wanted) > 0.01
    graph = read(model)
    assert ("Opaque" in kinds(graph)) is (make in UNKNOWN)
    assert graph.shapes()[graph.output] == wanted.shape[1:]
    assert_same(np.asarray(rebuild(graph)(images)), wanted)
    assert_same(np.asarray(rebuild(rewritten(graph, REWRITES)[0])(images)), wanted)
    assert_same(np.asarray(model(images)), wanted, 0)  # the model itself stays as it was


def test_every_op_has_the_shape_that_keras_gives_it():
    for make in (convolution_with_activation, separable, pools, attention, operations):
        model = functional(make)
        graph = read(model)
        shapes = graph.shapes()
        for name, node in graph.nodes.items():
            layer = next((layer for layer in model.layers if layer.name == name), None)
            if layer and not isinstance(node.op, ops.Opaque) and not getattr(layer, "activation", None):
                assert shapes[name] == tuple(layer.output.shape[1:])


def test_names_of_layers_stay_and_repeated_ones_are_numbered():
    def make(x):
        conv = layers.Conv2D(3, 3, padding="same", name="twice")
        return conv(conv(x))

    assert list(read(functional(make)).nodes) == ["image", "twice", "twice_2"]


def test_layers_that_mean_something_else_stay_as_they_are():
    quantised = functional(lambda image: layers.Dense(4)(layers.GlobalAveragePooling2D()(image)))
    quantised.layers[-1].quantize("int8")
    turned = functional(lambda image: layers.Flatten(data_format="channels_first")(layers.Conv2D(2, 3)(image)))
    for model in (quantised, turned):
        images = np.random.default_rng(0).uniform(0, 1, (2, PX, PX, 3)).astype(np.float32)
        graph = read(model)
        assert isinstance(graph.op(graph.output), ops.Opaque)
        assert np.allclose(np.asarray(rebuild(graph)(images)), np.asarray(model(images)), atol=1e-5)


def test_augmentation_does_nothing():
    model = functional(lambda image: layers.RandomRotation(0.2)(layers.RandomFlip()(layers.Conv2D(2, 3)(image))))
    assert [type(node.op) for node in read(model).nodes.values()] == [ops.Input, ops.Conv]
    assert [type(node.op) for node in read(model, opaque=True).nodes.values()] == [ops.Input, ops.Opaque]
