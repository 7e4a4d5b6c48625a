"""Small photo sets: another run's weights, another last layer; classes of unequal size."""

import keras
import numpy as np
import pytest

from edgekit.datasets.dataset import Dataset
from edgekit.datasets.folder import open_folder
from edgekit.datasets.survey import survey
from edgekit.errors import UsageError
from edgekit.networks import build
from edgekit.spec.network import DEFAULT_NETWORK, NETWORKS
from edgekit.spec.progress import Silent
from edgekit.spec.recipe import RECIPES, changed
from edgekit.store.run import MODEL_FILE, Run
from edgekit.training import fitting
from edgekit.training.pipeline import Pipeline
from edgekit.training.start import take_weights
from edgekit.training.trainer import train


def of_two_classes(dataset):
    """The first two classes, with few images of the second."""

    def keep(examples, most):
        first = [example for example in examples if example.label == 0]
        return tuple(first + [example for example in examples if example.label == 1][:most])

    return Dataset("two", dataset.location, dataset.classes[:2], keep(dataset.train, 10), keep(dataset.test, 5))


def test_a_run_begins_with_anothers_weights_and_a_new_last_layer(small_run, small_folder, tmp_path):
    recipe = changed(small_run.record.recipe, epochs=1, learning_rate=1e-4)
    run = train(DEFAULT_NETWORK, recipe, survey(of_two_classes(open_folder(small_folder))), tmp_path, progress=Silent(), start=small_run)
    assert run.record.start.run == small_run.name
    assert run.record.start.model_sha256 == small_run.record.model_sha256
    assert run.record.start.new == ("logits",)
    assert run.record.labels == ("alef", "heh")
    # One epoch at a small learning rate: what was learnt before is still there.
    kernels = [keras.models.load_model(each.model_file, compile=False).get_layer("pointwise_7").kernel for each in (run, small_run)]
    assert np.abs(keras.ops.convert_to_numpy(kernels[0]) - keras.ops.convert_to_numpy(kernels[1])).max() < 0.01
    assert run.record.test_accuracy > 0.8


def test_layers_of_another_shape_begin_anew_and_are_named(small_run):
    recipe = changed(small_run.record.recipe, width=0.25)
    model = build(DEFAULT_NETWORK, recipe, classes=2)
    with pytest.raises(UsageError, match="no convolution of"):
        take_weights(model, small_run, ("alef", "heh"))


def test_the_same_classes_keep_their_last_layer(small_run):
    model = build(DEFAULT_NETWORK, small_run.record.recipe, classes=5)
    assert take_weights(model, small_run, small_run.record.labels).new == ()
    assert take_weights(model, small_run, [*small_run.record.labels[1:], "another"]).new == ("logits",)


def test_what_reads_a_flattened_map_is_brought_to_another_image_size(small_run, tmp_path):
    """On a map that is the same in every place, the larger network answers what the smaller one does."""
    recipes = [changed(RECIPES["quick"], image_px=px, width=0.125) for px in (64, 160)]
    small, large = (build(NETWORKS["vgg16"], recipe, classes=5) for recipe in recipes)
    small.save(tmp_path / MODEL_FILE)
    assert take_weights(large, Run(tmp_path, small_run.record), small_run.record.labels).new == ()
    place = np.random.default_rng(0).normal(size=small.get_layer("flatten").input.shape[-1])
    kernels = [network.get_layer("full_1").get_weights()[0] for network in (small, large)]
    assert [len(kernel) // len(place) for kernel in kernels] == [4, 25]
    assert np.allclose(*(np.tile(place, len(kernel) // len(place)) @ kernel for kernel in kernels), atol=1e-4)


def test_from_gives_the_network_and_the_recipe(edgekit_cli, small_run):
    status, _, err = edgekit_cli("train", "--from", small_run.folder, "--network", "vgg16")
    assert (status, "--from gives the network: mobilenet" in err) == (2, True)


def test_class_weights_let_every_class_weigh_the_same(small_folder):
    training = Pipeline(of_two_classes(open_folder(small_folder)).train, changed(RECIPES["quick"], image_px=48))
    weights = fitting.class_weights(training)
    counts = np.bincount(training.labels)
    assert counts[1] == 10
    assert np.isclose(counts[0] * weights[0], counts[1] * weights[1])
    assert np.isclose(sum(counts[label] * weight for label, weight in weights.items()), training.count)
