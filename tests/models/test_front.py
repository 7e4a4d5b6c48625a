"""What a model does by itself to images of any size is in the file: a raw image of any size gives what Keras' own ``predict`` gives."""

import keras
import numpy as np
import pytest
from keras import layers

from edgekit.datasets.decode import encode_png
from edgekit.errors import EdgekitError, ExportError, UsageError
from edgekit.exporting.pipeline import export
from edgekit.exporting.plan import ExportPlan, files_in
from edgekit.exporting.source.foreign import ForeignOptions
from edgekit.exporting.source.keras_model import of_file
from edgekit.models.raw_input import pixels_of, prepared_model
from edgekit.runtimes.base import open_session
from edgekit.spec.export import Head, InputSize
from edgekit.spec.format import Format, Precision
from edgekit.spec.pixels import LUMINANCE, PIXELS, RAW, Colour
from edgekit.spec.progress import Silent
from edgekit.spec.runtime import RUNTIMES

SIZES = ((7, 41), (40, 12), (24, 24), (19, 20), (61, 30), (3, 2), (1, 90), (33, 64))


def scores(image, x):
    """Each place of the image has a say of its own."""
    weights = np.sin(np.arange(int(np.prod(x.shape[1:])) * 4)).reshape(-1, 4).astype(np.float32)
    dense = layers.Dense(4, activation="softmax", use_bias=False)
    y = dense(layers.Flatten()(x))
    dense.set_weights([weights / 10])
    return keras.Model(image, y)


def any_size(*made, channels=3):
    image = x = keras.Input((None, None, channels))
    for layer in made:
        x = layer(x)
    return scores(image, x)


def inside():
    image = keras.Input((None, None, 3))
    part = keras.Sequential([layers.Resizing(24, 24, pad_to_aspect_ratio=True, fill_value=9.0), layers.Rescaling(1 / 255)])
    return scores(image, part(image))


def function():
    image = keras.Input((None, None, 3))
    return scores(image, keras.ops.image.resize(image / 255.0 - 0.5, (24, 24), crop_to_aspect_ratio=True))


FRONTS = {
    "crop": lambda: any_size(layers.Resizing(24, 24, crop_to_aspect_ratio=True), layers.Rescaling(1 / 255)),
    "pad behind a scale": lambda: any_size(layers.Rescaling(1 / 127.5, -1), layers.Resizing(24, 24, pad_to_aspect_ratio=True, fill_value=0.5)),
    "crop, then its centre": lambda: any_size(
        layers.Resizing(28, 28, crop_to_aspect_ratio=True), layers.CenterCrop(24, 24), layers.Rescaling(1 / 255)
    ),
    "centre": lambda: any_size(layers.CenterCrop(24, 24), layers.Rescaling(1 / 255)),
    "stretch": lambda: any_size(layers.Resizing(24, 24), layers.Rescaling(1 / 255)),
    "inside": inside,
    "function": function,
}


def raw_images(sizes=SIZES):
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (*size, 3), dtype=np.uint8) for size in sizes]


def folder_of(images, place):
    place.mkdir()
    for index, pixels in enumerate(images):
        (place / f"{index:02}.png").write_bytes(encode_png(pixels))
    return place


def predicted(bundle, runtime, images, file=0):
    session = open_session(bundle.artifact(bundle.manifest.artifacts[file]), RUNTIMES[runtime])
    return np.concatenate([np.array(session.run(pixels[np.newaxis])) for pixels in images])


@pytest.mark.parametrize("name", FRONTS)
def test_what_is_deployed_is_what_the_layers_do(name):
    model = FRONTS[name]()
    front, network = prepared_model(model, None, RAW)
    assert network.input.shape == (None, 24, 24, 3)
    image = keras.Input((None, None, 3), batch_size=1)
    deployed = keras.Model(image, network(front.deployed(image)))
    for pixels in raw_images():
        picture = pixels[np.newaxis].astype(np.float32)
        wanted = np.asarray(model(picture))
        assert np.abs(np.asarray(deployed.predict_on_batch(picture)) - wanted).max() <= 1e-4
        assert np.abs(np.asarray(network(front.model(picture))) - wanted).max() <= 1e-5


@pytest.mark.parametrize("name", ["crop, then its centre", "pad behind a scale"])
def test_a_raw_image_of_any_size_gives_what_predict_gives(tmp_path, name):
    keras.utils.set_random_seed(0)
    model = FRONTS[name]()
    model.save(tmp_path / "net.keras")
    images = raw_images()
    golden = folder_of(images, tmp_path / "photos")
    plan = ExportPlan(files=files_in(precisions=[Precision.FLOAT32]), head=Head.PROBABILITIES)
    subject = of_file(tmp_path / "net.keras", ForeignOptions(golden=golden), progress=Silent())
    bundle = export(subject, plan, tmp_path / "exported", progress=Silent())
    wanted = np.concatenate([np.asarray(model(pixels[np.newaxis].astype(np.float32))) for pixels in images])
    for file, runtime in enumerate(("litert", "onnxruntime")):
        assert np.abs(predicted(bundle, runtime, images, file) - wanted).max() <= 1e-4
    said = bundle.manifest.artifacts[0].preprocessing
    assert said.image_px == 24
    assert "the model's own layer" in said.resize


def test_a_file_of_one_size_does_the_same(tmp_path):
    model = FRONTS["crop, then its centre"]()
    model.save(tmp_path / "net.keras")
    images = raw_images([(20, 60)] * 4)
    subject = of_file(tmp_path / "net.keras", ForeignOptions(golden=folder_of(images, tmp_path / "photos")), progress=Silent())
    plan = ExportPlan(files=((Format.TFLITE, Precision.FLOAT32),), input_size=InputSize(20, 60))
    bundle = export(subject, plan, tmp_path / "exported", progress=Silent())
    probabilities = np.exp(predicted(bundle, "litert", images))
    wanted = np.concatenate([np.asarray(model(pixels[np.newaxis].astype(np.float32))) for pixels in images])
    assert np.abs(probabilities / probabilities.sum(axis=1, keepdims=True) - wanted).max() <= 1e-4


@pytest.mark.parametrize(
    "layer",
    [
        layers.Resizing(12, 16, antialias=True),
        layers.Resizing(24, 20, interpolation="bicubic"),
        layers.Resizing(12, 12, interpolation="lanczos3", antialias=True, crop_to_aspect_ratio=True),
        layers.Resizing(20, 24, interpolation="nearest", pad_to_aspect_ratio=True, fill_value=3.0),
        layers.CenterCrop(8, 40),
    ],
)
def test_a_resize_of_a_known_size_is_computed(layer):
    """A model for one size may resize in any way: it is two products of matrices."""
    image = keras.Input((32, 32, 3))
    model = scores(image, layer(layers.Rescaling(1 / 255)(image)))
    front, network = prepared_model(model, None, RAW)
    assert front is None
    images = np.stack(raw_images([(32, 32)] * 3)).astype(np.float32)
    assert np.abs(np.asarray(network(images)) - np.asarray(model(images))).max() <= 1e-5


def two_ways():
    image = keras.Input((None, None, 3))
    return scores(image, layers.Resizing(8, 8)(image) + layers.Resizing(8, 8, crop_to_aspect_ratio=True)(image))


@pytest.mark.parametrize(
    ("model", "options", "error", "words"),
    [
        (
            lambda: any_size(layers.Resizing(24, 24, antialias=True, name="small")),
            {},
            ExportError,
            "the layer small resizes images of any size.*antialias=True",
        ),
        (
            lambda: any_size(layers.Resizing(24, 24, interpolation="nearest", name="small")),
            {},
            ExportError,
            "the layer small .*interpolation=nearest",
        ),
        (lambda: any_size(layers.Resizing(24, 30, name="wide")), {}, ExportError, "square.* 24 × 30 px of the layer wide"),
        (two_ways, {}, ExportError, "resizes images of any size, but not the input alone"),
        (FRONTS["crop"], {"image_px": 32}, UsageError, "brings images to 24 px by itself. Received: --image-size 32"),
    ],
)
def test_what_cannot_be_followed_is_named(model, options, error, words):
    built = model()

    def deployed():
        front, _ = prepared_model(built, options.get("image_px"), RAW)
        return front.deployed(keras.Input((None, None, 3)))

    with pytest.raises(EdgekitError, match=words) as caught:
        deployed()
    assert isinstance(caught.value, error)
    assert caught.value.hint


@pytest.mark.parametrize("name", ["raw", "unit", "signed"])
@pytest.mark.parametrize("sides", [(24, 24), (None, None)])
def test_a_model_of_grey_images_reads_the_luminance(name, sides):
    image = keras.Input((*sides, 1))
    x = layers.Resizing(24, 24, crop_to_aspect_ratio=True)(image) if sides[0] is None else image
    model = scores(image, layers.Rescaling(0.1)(x))
    pixels = pixels_of(model, PIXELS[name])
    assert pixels.colour is Colour.GREY
    front, network = prepared_model(model, None, pixels)
    raw = raw_images([(30, 44) if sides[0] is None else (24, 24)] * 2)
    wanted = model(((np.stack(raw) - PIXELS[name].mean) / PIXELS[name].std @ np.array(LUMINANCE))[..., np.newaxis].astype(np.float32))
    got = network(front.model(np.stack(raw).astype(np.float32)) if front else np.stack(raw).astype(np.float32))
    assert np.abs(np.asarray(got) - np.asarray(wanted)).max() <= 1e-5
