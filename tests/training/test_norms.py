"""A run of few steps with a momentum of 0.99: it learns, and its moving averages do not know it yet."""

import keras
import numpy as np

from edgekit.datasets.folder import open_folder
from edgekit.datasets.survey import survey
from edgekit.exporting.pipeline import export
from edgekit.exporting.plan import ExportPlan, files_in
from edgekit.exporting.source.source import of_run
from edgekit.networks import build
from edgekit.spec.format import Precision
from edgekit.spec.network import DEFAULT_NETWORK, NETWORKS
from edgekit.spec.progress import Silent
from edgekit.spec.recipe import RECIPES, changed
from edgekit.training import trainer
from edgekit.training.norms import refresh_norms

FEW_STEPS = changed(RECIPES["paper"], image_px=48, width=0.5, epochs=3, learning_rate=0.003)


def test_a_run_of_few_steps_exports_what_it_learnt(small_folder, tmp_path, monkeypatch):
    surveyed = survey(open_folder(small_folder))
    lagging = {}

    def measured(model, batches):
        batches = list(batches)
        before = model.evaluate(trainer.Pipeline(surveyed.dataset.test, FEW_STEPS).plain(), verbose=0)
        lagging["accuracy"] = float(before[1])
        refresh_norms(model, batches)

    monkeypatch.setattr(trainer, "refresh_norms", measured)
    run = trainer.train(DEFAULT_NETWORK, FEW_STEPS, surveyed, tmp_path / "runs", progress=Silent())
    assert run.record.test_accuracy > 0.6  # chance is 0.2
    assert run.record.test_accuracy > lagging["accuracy"] + 0.2
    bundle = export(of_run(run), ExportPlan(files=files_in(precisions=[Precision.FLOAT32])), tmp_path / "exported", progress=Silent())
    assert {record.tested.share for record in bundle.manifest.checks.parity} == {run.record.test_accuracy}


def test_the_statistics_are_those_of_all_images_together():
    model = build(NETWORKS["alexnet"], changed(RECIPES["quick"], width=0.05, image_px=57), classes=2)
    images = np.random.default_rng(0).uniform(0, 255, (12, 57, 57, 3)).astype(np.float32)
    images[6:] *= 0.25
    refresh_norms(model, [images[:9], images[9:]])
    norm = model.get_layer("input_norm")
    assert np.allclose(keras.ops.convert_to_numpy(norm.moving_mean), images.mean(axis=(0, 1, 2)), rtol=1e-5)
    assert np.allclose(keras.ops.convert_to_numpy(norm.moving_variance), images.var(axis=(0, 1, 2)), rtol=1e-5)
    assert norm.momentum == RECIPES["quick"].batch_norm_momentum
