"""What holds for every network: it learns, it is kept whole, its head comes off, and both its formats answer as it does."""

import shutil

import keras
import numpy as np
import pytest

from edgekit.datasets.folder import open_folder
from edgekit.datasets.survey import survey
from edgekit.export.model import load_model, without_head
from edgekit.export.pipeline import export, images_of
from edgekit.networks import build
from edgekit.spec.export import Head, OnnxOptions, TFLiteOptions
from edgekit.spec.network import NETWORKS
from edgekit.spec.progress import Silent
from edgekit.spec.recipe import RECIPES, changed
from edgekit.train.trainer import train

SMALL = changed(RECIPES["quick"], image_px=64, width=0.125, epochs=1, batch_size=16)
FULL_SIZE = changed(RECIPES["quick"], image_px=224, epochs=1, batch_size=16)
CASES = [pytest.param(row, SMALL, id=row.name) for row in NETWORKS.values()]
CASES.append(pytest.param(NETWORKS["mobilenet"], FULL_SIZE, id="mobilenet-full-size", marks=pytest.mark.slow))


@pytest.fixture(scope="module")
def few_images(small_folder, tmp_path_factory):
    """Three letters: 72 training and 24 test images."""
    root = tmp_path_factory.mktemp("few")
    for split, count in (("train", 24), ("test", 8)):
        for folder in sorted((small_folder / split).iterdir())[:3]:
            target = root / split / folder.name
            target.mkdir(parents=True)
            for file in sorted(folder.iterdir())[:count]:
                shutil.copy(file, target)
    return root


@pytest.fixture(scope="module")
def batch(few_images):
    """One batch of each class in turn, float32 (12, 96, 96, 3), with its labels."""
    examples = open_folder(few_images).train[::6]
    return np.stack([example.picture.pixels() for example in examples]).astype(np.float32), np.array([example.label for example in examples])


@pytest.mark.parametrize(("network", "recipe"), CASES)
def test_one_step_lowers_the_loss_on_its_batch(network, recipe, batch):
    keras.utils.set_random_seed(1)
    images, labels = batch
    images = np.asarray(keras.layers.Resizing(recipe.image_px, recipe.image_px)(images))
    model = build(network, recipe, classes=3)
    model.compile(optimizer=keras.optimizers.Adam(recipe.learning_rate), loss="sparse_categorical_crossentropy", run_eagerly=True)
    before = float(model.train_on_batch(images, labels))  # the loss before the step
    after = float(model.train_on_batch(images, labels))
    assert np.isfinite(before)
    assert after < before


@pytest.mark.parametrize(("network", "recipe"), CASES)
def test_train_keep_remove_the_head_and_export(network, recipe, few_images, tmp_path):
    run = train(network, recipe, survey(open_folder(few_images)), tmp_path / "runs", progress=Silent())
    model = load_model(run.model_file)
    images = np.random.default_rng(0).uniform(0, 255, (2, recipe.image_px, recipe.image_px, 3)).astype(np.float32)
    answers = {head: without_head(model, head).predict(images, verbose=0) for head in Head}
    assert answers[Head.LOGITS].shape == (2, 3)
    assert answers[Head.FEATURES].shape == (2, model.get_layer("logits").kernel.shape[0])
    assert np.allclose(keras.ops.softmax(answers[Head.LOGITS]), answers[Head.PROBABILITIES], atol=1e-6)
    assert np.array_equal(answers[Head.PROBABILITIES], model.predict(images, verbose=0))
    model.save(tmp_path / "again.keras")
    assert np.array_equal(load_model(tmp_path / "again.keras").predict(images, verbose=0), answers[Head.PROBABILITIES])

    bundle = export(run, [TFLiteOptions(), OnnxOptions()], images_of(run), tmp_path / "exported", progress=Silent())
    records = bundle.manifest.checks.parity
    assert [(record.runtime, record.against) for record in records] == [
        ("litert", "keras"),
        ("onnxruntime", "keras"),
        ("onnxruntime", f"{network.name}-float32.tflite"),
    ]
    for record in records:
        assert record.score_difference <= 1e-4 * record.score_range
        assert record.agreement == 1
        assert record.test_images == 24
