import keras
import numpy as np
import onnxruntime
import pytest
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

from edgekit.datasets.decode import decode
from edgekit.datasets.folder import open_folder
from edgekit.datasets.resize import resize
from edgekit.exporting.onnx import convert as onnx
from edgekit.exporting.source.deployable import deployable
from edgekit.exporting.tflite import convert as tflite
from edgekit.exporting.tflite.model import TFLiteModel
from edgekit.networks.preprocessing import resize_layer
from edgekit.spec.export import ANY_SIZE, Head, OnnxOptions
from edgekit.spec.format import Precision
from edgekit.spec.recipe import RECIPES, Augment, changed
from edgekit.spec.rewrites import Rewrites
from edgekit.training.pipeline import Pipeline

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


@pytest.mark.parametrize("augment", [Augment.LIGHT, Augment.STRONG, Augment.FIGURES])
def test_augmentation_keeps_the_range_and_changes_the_image(small_folder, augment):
    examples = open_folder(small_folder).train[:16]
    recipe = changed(RECIPE, augment=augment)
    changed_images = next(iter(Pipeline(examples, recipe).training(0)))[0].numpy()
    plain = next(iter(Pipeline(examples, changed(RECIPE, augment=Augment.NONE)).training(0)))[0].numpy()
    assert changed_images.min() >= 0
    assert changed_images.max() <= 255
    assert np.abs(changed_images - plain).mean() > 1
    again = next(iter(Pipeline(examples, recipe).training(0)))[0].numpy()
    assert np.array_equal(changed_images, again)


def test_images_beyond_the_cache_are_decoded_again(small_folder):
    from edgekit.datasets.decoded import DecodedImages

    examples = open_folder(small_folder).train[:3]
    images = DecodedImages(examples, most_bytes=96 * 96 * 3 + 1)
    assert images[0] is images[0]
    assert images[1] is not images[1]
    assert np.array_equal(images[1], examples[1].picture.pixels())


def odd_pictures(root, letter):
    """One file of every kind that is easily read wrongly: odd, grey, turned by EXIF, palette, 16-bit grey, transparent."""
    pixels = np.asarray(Image.fromarray(letter).resize((97, 61))) // np.array([1, 2, 4], np.uint8) + np.arange(97, dtype=np.uint8)[:, np.newaxis]
    turned = Image.Exif()
    turned[0x0112] = 6
    for split in ("train", "test"):
        (root / split / "a").mkdir(parents=True)
        (root / split / "b").mkdir()
        Image.fromarray(pixels).save(root / split / "a/odd.png")
        Image.fromarray(pixels).convert("L").save(root / split / "a/grey.png")
        Image.fromarray(pixels).save(root / split / "a/turned.jpg", exif=turned, quality=95)
        Image.fromarray(pixels).quantize(16).save(root / split / "b/palette.png")
        Image.fromarray(pixels[:40, :33, 0].astype(np.uint16) * 257 + 100).save(root / split / "b/sixteen.png")
        Image.fromarray(np.dstack([pixels, pixels[..., :1]])).save(root / split / "b/transparent.webp", lossless=True)
    return root


def test_training_and_the_exported_graph_see_the_same_pixels(small_folder, tmp_path):
    """Exactly before the resize: both read `decode`; within 1e-3 of a grey level after it."""
    letter = open_folder(small_folder).test[40].picture.pixels()
    dataset = open_folder(odd_pictures(tmp_path, letter))
    assert len(dataset.train) == len(dataset.test) == 6
    seen = np.concatenate([images.numpy() for images, _ in Pipeline(dataset.train, RECIPE).plain()])
    identity = keras.Input((32, 32, 3))
    graph = deployable(keras.Model(identity, keras.layers.Identity()(identity)), ANY_SIZE)
    plain = TFLiteModel.read(tflite.convert(tflite.frozen(graph), Precision.FLOAT32))
    made = tflite.finished(plain, Head.LOGITS, Precision.FLOAT32, Rewrites(), image_px=32)[0]
    exported = Interpreter(model_content=made)
    session = onnxruntime.InferenceSession(onnx.convert(made, OnnxOptions())[0])
    index = exported.get_input_details()[0]["index"]
    for example, image in zip(dataset.train, seen, strict=True):
        pixels = example.picture.pixels()
        assert np.array_equal(pixels, decode(example.picture.content()))
        exported.resize_tensor_input(index, [1, *pixels.shape])
        exported.allocate_tensors()
        exported.set_tensor(index, pixels[np.newaxis])
        exported.invoke()
        in_app = exported.get_tensor(exported.get_output_details()[0]["index"])[0]
        assert np.abs(in_app - image).max() <= 1e-3, example.picture.name
        assert np.abs(session.run(None, {"image": pixels[np.newaxis]})[0][0] - image).max() <= 1e-3, example.picture.name
        assert np.abs(resize(pixels, 32, 32) - image).max() <= 1e-3, example.picture.name


def test_no_thread_outlives_an_epoch_to_tune_the_pipeline(small_folder):
    pipeline = Pipeline(open_folder(small_folder).test[:8], RECIPES["quick"])
    for batches in (pipeline.training(0), pipeline.plain()):
        assert batches.options().autotune.enabled is False
