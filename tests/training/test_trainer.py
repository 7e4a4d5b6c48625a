import numpy as np
import pytest

from edgekit.datasets.folder import open_folder
from edgekit.datasets.survey import survey
from edgekit.errors import TrainingError
from edgekit.spec.progress import Silent
from edgekit.spec.recipe import RECIPES, changed
from edgekit.store.run import newest_run, open_run
from edgekit.training import trainer
from image_folders import noise_folder


def test_a_run_records_what_is_needed_to_repeat_it(small_run, small_folder):
    record = open_run(small_run.folder).record
    assert record == small_run.record
    assert newest_run(small_run.folder.parent).folder == small_run.folder
    assert (record.epochs, len(record.history), record.labels[0]) == (10, 10, "alef")
    assert record.dataset.fingerprint == survey(open_folder(small_folder)).fingerprint
    assert record.dataset.train_images + record.dataset.validation_images == 475
    assert record.dataset.test_images == 165
    assert record.history[-1].loss < record.history[0].loss
    assert record.versions["keras"]


def test_a_loss_that_is_not_finite_ends_with_a_clear_error(tmp_path, monkeypatch):
    noise_folder(tmp_path / "data", {"a": 10, "b": 10}, px=32)
    compiled = trainer.compiled

    def poisoned(*arguments, **named):
        model = compiled(*arguments, **named)
        model.get_layer("logits").bias.assign([np.nan, np.nan])
        return model

    monkeypatch.setattr(trainer, "compiled", poisoned)
    recipe = changed(RECIPES["quick"], image_px=32, epochs=1, batch_size=4)
    from edgekit.spec.network import DEFAULT_NETWORK

    with pytest.raises(TrainingError, match="no longer finite") as caught:
        trainer.train(DEFAULT_NETWORK, recipe, survey(open_folder(tmp_path / "data")), tmp_path / "runs", progress=Silent())
    assert "--learning-rate" in caught.value.hint
    assert list((tmp_path / "runs").iterdir()) == []
