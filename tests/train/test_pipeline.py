import numpy as np

from edgekit.datasets.folder import open_folder
from edgekit.networks.preprocessing import resize_layer
from edgekit.spec.recipe import RECIPES, Augment, changed
from edgekit.train.pipeline import Pipeline

RECIPE = changed(RECIPES["quick"], image_px=32, batch_size=16)


def test_the_training_tensor_is_the_deployments_resize(small_folder):
    examples = open_folder(small_folder).test[:20]
    batches = list(Pipeline(examples, RECIPE).plain())
    images = np.concatenate([images.numpy() for images, _ in batches])
    wanted = np.stack([np.asarray(resize_layer(32)(example.picture.pixels().astype(np.float32))) for example in examples])
    assert [len(labels) for _, labels in batches] == [16, 4]
    assert np.abs(images - wanted).max() <= 1e-3


def test_an_epoch_depends_on_its_number_and_the_seed_alone(small_folder):
    pipeline = Pipeline(open_folder(small_folder).train[:40], RECIPE)
    first, again, next_one = ([images.numpy() for images, _ in pipeline.training(epoch)] for epoch in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], next_one[0])


def test_augmentation_keeps_the_range_and_changes_the_image(small_folder):
    examples = open_folder(small_folder).train[:16]
    changed_images = next(iter(Pipeline(examples, RECIPE).training(0)))[0].numpy()
    plain = next(iter(Pipeline(examples, changed(RECIPE, augment=Augment.NONE)).training(0)))[0].numpy()
    assert changed_images.min() >= -1e-3
    assert changed_images.max() <= 255 + 1e-3
    assert np.abs(changed_images - plain).mean() > 1


def test_images_beyond_the_cache_are_decoded_again(small_folder):
    from edgekit.train.images import DecodedImages

    examples = open_folder(small_folder).train[:3]
    images = DecodedImages(examples, most_bytes=96 * 96 * 3 + 1)
    assert images(np.int64(0)) is images(np.int64(0))
    assert images(np.int64(1)) is not images(np.int64(1))
    assert np.array_equal(images(np.int64(1)), examples[1].picture.pixels())
