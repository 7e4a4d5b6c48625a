"""Which images training watches, and what becomes of a photograph that vanishes or changes while it runs."""

import numpy as np
import pytest

from edgekit.datasets.dataset import GIVEN
from edgekit.datasets.decode import encode_png
from edgekit.datasets.folder import open_folder
from edgekit.datasets.survey import survey
from edgekit.errors import ImageError
from edgekit.spec.recipe import RECIPES, changed
from edgekit.store.run import DatasetRecord, newest_unfinished
from edgekit.training import plan, trainer
from edgekit.training.pipeline import Pipeline
from image_folders import noise_folder

RECIPE = changed(RECIPES["quick"], image_px=32, width=0.0625, epochs=1, batch_size=4, validation_share=0.5)


def names(examples):
    return [example.picture.name for example in examples]


def test_a_validation_folder_is_watched(tmp_path):
    noise_folder(tmp_path, {"Train/a": 4, "Train/b": 4, "Valid/a": 2, "Valid/b": 1, "Test/a": 1, "Test/b": 1}, px=32)
    parts = plan.parts_of(survey(open_folder(tmp_path)), RECIPE, GIVEN)
    assert (len(parts.train), len(parts.test)) == (8, 2)
    assert names(parts.validation) == ["Valid/a/0.png", "Valid/a/1.png", "Valid/b/0.png"]


def test_a_run_that_was_begun_when_validation_folders_were_not_read_goes_on_as_it_began(tmp_path):
    """Its record has no word of them: the fingerprint is what it was, and a share of the training images is watched."""
    surveyed = survey(open_folder(noise_folder(tmp_path, {"train/a": 4, "train/b": 4, "val/a": 2, "test/a": 1}, px=32)))
    old = DatasetRecord(
        name="data",
        location=str(tmp_path),
        fingerprint=surveyed.fingerprint,
        split="given",
        split_seed=0,
        train_images=4,
        validation_images=4,
        test_images=1,
    )
    assert plan.is_of(surveyed, old)
    parts = plan.parts_of(surveyed, RECIPE, old.validation)
    assert (len(parts.train), len(parts.validation)) == (4, 4)
    for path in (tmp_path / "val/a").iterdir():
        path.unlink()
    (tmp_path / "val/a").rmdir()
    (tmp_path / "val").rmdir()
    assert survey(open_folder(tmp_path)).fingerprint == old.fingerprint


HARMS = {
    "vanishes": (lambda path: path.unlink(), "there is no such file"),
    "becomes unreadable": (lambda path: path.write_bytes(b"no image"), "has changed"),
    "becomes another": (lambda path: path.write_bytes(encode_png(np.zeros((32, 32, 3), np.uint8))), "has changed"),
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_photograph_that_comes_to_harm_while_training_is_named(harm, tmp_path):
    change, words = HARMS[harm]
    surveyed = survey(open_folder(noise_folder(tmp_path, {"train/a": 4, "train/b": 4, "test/a": 1}, px=32)))
    pipeline = Pipeline(surveyed.dataset.train, RECIPE, cache_bytes=0)
    change(tmp_path / "train/b/2.png")
    with pytest.raises(ImageError, match=words) as caught, pipeline.told():
        list(pipeline.plain())
    assert "train/b/2.png" in caught.value.message


def test_other_failures_of_tensorflow_stay_what_they_are(tmp_path):
    import tensorflow as tf

    pipeline = Pipeline(survey(open_folder(noise_folder(tmp_path, {"train/a": 2, "train/b": 2, "test/a": 1}, px=32))).dataset.train, RECIPE)
    with pytest.raises(tf.errors.InvalidArgumentError), pipeline.told():
        tf.ensure_shape(tf.zeros(3), (4,))


def test_the_whole_training_ends_with_the_name_and_its_plan_says_what_is_watched(tmp_path, edgekit_cli, monkeypatch):
    root = noise_folder(tmp_path / "data", {"train/a": 6, "train/b": 6, "val/a": 2, "val/b": 1, "test/a": 1, "test/b": 1, "extra": 2}, px=32)
    train = trainer.train

    def harmed(*arguments, **options):
        (root / "test/b/0.png").unlink()
        return train(*arguments, **options)

    monkeypatch.setattr(trainer, "train", harmed)
    (tmp_path / "tiny.toml").write_text("image_px = 32\nwidth = 0.0625\nepochs = 1\nbatch_size = 4\n")
    status, _, err = edgekit_cli("train", root, "--recipe", tmp_path / "tiny.toml", "--out", tmp_path / "runs")
    assert status == 1
    errors = [line for line in err.splitlines() if line.startswith("error:")]
    assert len(errors) == 1
    assert "test/b/0.png" in errors[0]
    assert "Traceback" not in err
    assert "2 photographs in extra/ are not read" in err
    known = newest_unfinished(tmp_path / "runs").plan.dataset
    assert (known.train_images, known.validation_images, known.test_images, known.validation, known.split) == (12, 3, 2, GIVEN, GIVEN)
    assert [(entry.count, entry.where) for entry in known.left_out] == [(2, "in extra/")]
    (root / "test/b/0.png").write_bytes((root / "test/a/0.png").read_bytes())
    again = survey(open_folder(root))
    assert again.validation_fingerprint == known.validation_fingerprint != known.fingerprint
    (root / "val/b/0.png").write_bytes((root / "test/a/0.png").read_bytes())
    assert survey(open_folder(root)).validation_fingerprint != known.validation_fingerprint
