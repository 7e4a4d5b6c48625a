"""Every network at 1,000 classes against what is published, to the last parameter.

What our readings change, and nothing else: a batch norm after (DenseNet: before) every convolution, whose four figures a
channel stand in place of the convolution's bias; and the batch norm of the input, 4 × 3.
"""

import keras
import pytest
from keras import layers

from edgekit.networks import build
from edgekit.networks.cost import multiply_adds, parameters
from edgekit.spec.network import NETWORKS
from edgekit.spec.recipe import RECIPES, changed

INPUT_NORM = 4 * 3
CONVOLUTIONS = (layers.Conv2D, layers.DepthwiseConv2D)


def at_1000_classes(name):
    return build(NETWORKS[name], changed(RECIPES["paper"], width=1.0), classes=1000)


def shapes_of(model, kinds):
    """Weight shapes of the layers of these kinds, in the order in which the model was built; biases of convolutions left out."""
    return [tuple(layer.kernel.shape) for layer in model.layers if isinstance(layer, kinds)]


def norm_parameters(model):
    return sum(layer.count_params() for layer in model.layers if isinstance(layer, layers.BatchNormalization))


def channels_out(model):
    return sum(layer.output.shape[-1] for layer in model.layers if isinstance(layer, CONVOLUTIONS))


@pytest.mark.parametrize(
    ("name", "published", "norms"),
    [("alexnet", 62_378_344, 4 * 1_376), ("vgg16", 138_357_544, 4 * 4_224), ("googlenet", 6_998_552, 4 * 7_280)],
)
def test_networks_published_without_batch_norm(name, published, norms):
    model = at_1000_classes(name)
    assert norm_parameters(model) == norms + INPUT_NORM
    biases = channels_out(model)
    assert norms == 4 * biases
    assert parameters(model) == published - biases + norms + INPUT_NORM


@pytest.mark.parametrize(
    ("name", "published", "biases"),
    [
        ("resnet50", 25_636_712, 26_560),  # keras.applications gives its convolutions biases, beside batch norm
        ("densenet121", 8_062_504, 0),
        ("mobilenet", 4_253_864, 0),
    ],
)
def test_networks_published_with_batch_norm(name, published, biases):
    model = at_1000_classes(name)
    assert parameters(model) == published - biases + INPUT_NORM
    assert biases in (0, channels_out(model))


APPLICATIONS = {"vgg16": "VGG16", "resnet50": "ResNet50", "densenet121": "DenseNet121", "mobilenet": "MobileNet"}


@pytest.mark.parametrize("name", APPLICATIONS)
def test_layer_by_layer_against_keras_applications(name):
    ours = at_1000_classes(name)
    theirs = getattr(keras.applications, APPLICATIONS[name])(weights=None)
    assert sorted(shapes_of(ours, layers.Conv2D)) == sorted(_kernels(theirs, name))
    assert shapes_of(ours, layers.DepthwiseConv2D) == shapes_of(theirs, layers.DepthwiseConv2D)
    dense = [(4096, 1000), (4096, 4096), (25_088, 4096)] if name == "vgg16" else [(ours.get_layer("logits").kernel.shape[0], 1000)]
    assert sorted(shapes_of(ours, layers.Dense)) == dense
    assert _stages(ours) == _stages(theirs)


def _kernels(model, name):
    """MobileNet's classifier is a 1 × 1 convolution there, a fully connected layer here: the same arithmetic."""
    return [shape for shape in shapes_of(model, layers.Conv2D) if not (name == "mobilenet" and shape == (1, 1, 1024, 1000))]


def _stages(model):
    """(height, channels) of what each convolution and pool gives, as a set: every stage has its shape."""
    kinds = (*CONVOLUTIONS, layers.MaxPooling2D, layers.AveragePooling2D)
    return {(layer.output.shape[1], layer.output.shape[-1]) for layer in model.layers if isinstance(layer, kinds)} - {(1, 1000)}


def test_resnet_differs_from_keras_applications_in_nothing_else():
    theirs = keras.applications.ResNet50(weights=None)
    assert all(layer.use_bias for layer in theirs.layers if isinstance(layer, layers.Conv2D))
    assert norm_parameters(at_1000_classes("resnet50")) == norm_parameters(theirs) + INPUT_NORM
    assert {layer.epsilon for layer in theirs.layers if isinstance(layer, layers.BatchNormalization)} == {1.001e-5}
    assert {layer.epsilon for layer in at_1000_classes("resnet50").layers if isinstance(layer, layers.BatchNormalization)} == {1e-3}


WEIGHTED = (*CONVOLUTIONS, layers.Dense)


@pytest.mark.parametrize(
    ("name", "weighted", "activations", "dropouts"),
    [
        ("alexnet", 8, 7, 3),
        ("vgg16", 16, 15, 3),
        ("googlenet", 58, 57, 1),  # 22 one behind the other
        ("resnet50", 54, 49, 1),  # four on shortcuts
        ("densenet121", 121, 121, 1),
        ("mobilenet", 28, 27, 1),
    ],
)
def test_layers_are_as_many_as_in_the_paper(name, weighted, activations, dropouts):
    model = build(NETWORKS[name], changed(RECIPES["paper"], width=0.1), classes=28)
    kinds = (WEIGHTED, layers.LeakyReLU, layers.Dropout)
    assert [sum(isinstance(layer, kind) for layer in model.layers) for kind in kinds] == [weighted, activations, dropouts]


every_network = pytest.mark.parametrize("row", NETWORKS.values(), ids=list(NETWORKS))


@every_network
def test_the_table_tells_the_truth(row):
    model = build(row, RECIPES["paper"], classes=28)
    assert (parameters(model), multiply_adds(model)) == (row.parameters, row.multiply_adds)
    assert depth(model) == row.depth


def depth(model):
    """How many layers with weights of their own are on the longest way through the model."""
    found = {}
    for layer in model.layers:  # in the order in which they are computed
        before = [tensor._keras_history.operation for tensor in nest(layer.input)] if not isinstance(layer, layers.InputLayer) else []
        found[layer] = isinstance(layer, WEIGHTED) + max((found[each] for each in before), default=0)
    return max(found.values())


def nest(tensors):
    return tensors if isinstance(tensors, list | tuple) else [tensors]


@every_network
def test_leaky_relu_stands_where_the_paper_has_relu(row):
    """Every activation has the recipe's slope but the softmax, and every dropout the recipe's rate."""
    model = build(row, changed(RECIPES["paper"], width=0.1, leaky_slope=0.2), classes=28)
    activations = [layer for layer in model.layers if isinstance(layer, layers.LeakyReLU)]
    assert {layer.negative_slope for layer in activations} == {0.2}
    assert not [layer.name for layer in model.layers if isinstance(layer, layers.ReLU)]
    assert {layer.activation.__name__ for layer in model.layers if hasattr(layer, "activation")} <= {"linear", "softmax"}
    assert {layer.rate for layer in model.layers if isinstance(layer, layers.Dropout)} == {0.001}


@every_network
def test_the_smallest_image_is_the_smallest_that_can_be_built(row):
    model = build(row, changed(RECIPES["paper"], width=0.05, image_px=row.least_px), classes=3)
    assert model.output.shape == (None, 3)
    if row.name == "alexnet":
        with pytest.raises(ValueError, match="zero or negative"):
            build(row, changed(RECIPES["paper"], width=0.05, image_px=row.least_px - 1), classes=3)
