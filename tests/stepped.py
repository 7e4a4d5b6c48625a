"""A network after two real steps on a few images."""

import keras
import numpy as np

import seeds
from edgekit.datasets.folder import open_folder
from edgekit.networks import build
from edgekit.training.norms import refresh_norms


def few_images(folder):
    """Twenty images of five classes, float32 (20, 96, 96, 3), with their labels."""
    examples = open_folder(folder).train[::24]
    return np.stack([example.picture.pixels() for example in examples]).astype(np.float32), np.array([example.label for example in examples])


def stepped(network, recipe, batch):
    """Return the trained network, and the images at its size. Its norms are measured."""
    keras.utils.set_random_seed(seeds.seed(1))
    images = np.asarray(keras.layers.Resizing(recipe.image_px, recipe.image_px)(batch[0]))
    model = build(network, recipe, classes=5)
    # Step by step: tracing the graph of 430 layers takes longer than all that is done with it here.
    model.compile(optimizer=keras.optimizers.Adam(recipe.learning_rate), loss="sparse_categorical_crossentropy", run_eagerly=True)
    losses = [float(model.train_on_batch(images, batch[1])) for _ in range(2)]
    assert np.isfinite(losses).all()
    assert losses[1] < losses[0]
    refresh_norms(model, [images])
    return model, images
