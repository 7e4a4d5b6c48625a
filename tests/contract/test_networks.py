"""What holds for every network: it learns, it is kept whole, its head comes off, and both its formats answer as it does."""

import keras
import msgspec
import numpy as np
import pytest

from edgekit.datasets.folder import open_folder
from edgekit.export.head import without_head
from edgekit.export.pipeline import export
from edgekit.export.subject import of_run
from edgekit.networks import build
from edgekit.networks.saved import load_model
from edgekit.runtimes.base import installed_for
from edgekit.spec.export import Format, Head, OnnxOptions, TFLiteOptions
from edgekit.spec.network import NETWORKS
from edgekit.spec.progress import Silent
from edgekit.spec.recipe import RECIPES, changed
from edgekit.store.run import MODEL_FILE, Run
from edgekit.train.norms import refresh_norms

SMALL = changed(RECIPES["quick"], image_px=64, width=0.125)
FULL_SIZE = changed(RECIPES["quick"], image_px=224)
CASES = [pytest.param(row, SMALL, id=row.name) for row in NETWORKS.values()]
CASES.append(pytest.param(NETWORKS["mobilenet"], FULL_SIZE, id="mobilenet-full-size", marks=pytest.mark.slow))


@pytest.fixture(scope="module")
def batch(small_folder):
    """Twenty images of five classes, float32 (20, 96, 96, 3), with their labels."""
    examples = open_folder(small_folder).train[::24]
    return np.stack([example.picture.pixels() for example in examples]).astype(np.float32), np.array([example.label for example in examples])


@pytest.mark.parametrize(("network", "recipe"), CASES)
def test_from_the_first_step_to_proved_files(network, recipe, batch, small_run, tmp_path):
    keras.utils.set_random_seed(1)
    images = np.asarray(keras.layers.Resizing(recipe.image_px, recipe.image_px)(batch[0]))
    model = build(network, recipe, classes=5)
    # Step by step: tracing the graph of 430 layers takes longer than all that is done with it here.
    model.compile(optimizer=keras.optimizers.Adam(recipe.learning_rate), loss="sparse_categorical_crossentropy", run_eagerly=True)
    losses = [float(model.train_on_batch(images, batch[1])) for _ in range(2)]
    assert np.isfinite(losses).all()
    assert losses[1] < losses[0]

    refresh_norms(model, [images])
    model.save(tmp_path / MODEL_FILE)
    kept = load_model(tmp_path / MODEL_FILE)
    answers = {head: np.asarray(without_head(kept, head)(images[:2])) for head in Head}
    assert np.array_equal(np.asarray(model(images[:2])), answers[Head.PROBABILITIES])
    assert answers[Head.LOGITS].shape == (2, 5)
    assert answers[Head.FEATURES].shape == (2, model.get_layer("logits").kernel.shape[0])
    assert np.allclose(keras.ops.softmax(answers[Head.LOGITS]), answers[Head.PROBABILITIES], atol=1e-6)

    run = Run(tmp_path, msgspec.structs.replace(small_run.record, network=network, recipe=recipe))
    bundle = export(of_run(run), [TFLiteOptions(), OnnxOptions()], tmp_path / "exported", progress=Silent())
    records = bundle.manifest.checks.parity
    tflite, onnx = (f"{network.name}-float32.{kind}" for kind in Format)
    assert {(record.file, record.runtime, record.against) for record in records} == {
        *((tflite, row.name, "keras") for row in installed_for(Format.TFLITE)),
        *((onnx, row.name, against) for row in installed_for(Format.ONNX) for against in ("keras", tflite)),
    }
    for record in records:
        assert record.score_difference <= 1e-4 * record.score_range
        assert record.agreement == 1
        assert (record.golden_images, record.test_images) == (44, 165)
