"""A set-up that is wrong is told, whatever of it is wrong. The models' weights are made by arithmetic."""

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from edgekit.exporting.source.foreign import ForeignOptions
from edgekit.exporting.source.keras_model import of_file
from edgekit.spec.pixels import PIXELS, parse_pixels
from listening import Listener

PX = 16
LIGHTS = {"bright": 0.75, "dark": 0.25, "medium": 0.5}
WARM = {"orange": (0.9, 0.6, 0.1), "red": (0.8, 0.2, 0.2), "brown": (0.5, 0.3, 0.1), "pink": (0.9, 0.5, 0.7)}
COLOURS = {"blue": (0.2, 0.3, 0.7), "green": (0.2, 0.7, 0.3), "red": (0.7, 0.2, 0.3)}


def photographs(folder, kinds, count=24):
    rng = np.random.default_rng(0)
    for name, level in kinds.items():
        (folder / name).mkdir(parents=True)
        for number in range(count):
            pixels = rng.normal(np.multiply(level, 255), 12, (PX, PX, 3)).clip(0, 255)
            Image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{number:02d}.png")
    return folder


def classifier(order, centres, pixels):
    """The nearest centre of an image's mean colour, of pixels prepared so; scores in ``order``."""
    image = keras.Input((PX, PX, 3))
    model = keras.Model(image, layers.Dense(len(order), activation="softmax")(layers.GlobalAveragePooling2D()(image)))
    means = (255 * np.array([np.broadcast_to(centres[name], 3) for name in order]) - pixels.mean) / pixels.std
    if pixels.colour == "BGR":
        means = means[:, ::-1]
    scale = 20 / np.ptp(means) ** 2
    model.layers[-1].set_weights([scale * means.T.astype(np.float32), (-scale / 2 * (means**2).sum(axis=1)).astype(np.float32)])
    return model


def said(tmp_path, kinds, *, labels, order=None, meant="raw", given="raw"):
    classifier(order or sorted(kinds), kinds, parse_pixels(meant)).save(tmp_path / "net.keras")
    (tmp_path / "labels.txt").write_text("\n".join(labels))
    heard = Listener()
    options = ForeignOptions(pixels=parse_pixels(given), labels=tmp_path / "labels.txt", golden=photographs(tmp_path / "photos", kinds))
    of_file(tmp_path / "net.keras", options, progress=heard)
    return [line for line in heard.said if "did you mean" in line]


@pytest.mark.parametrize("name", [*PIXELS, "bgr;unit"])
def test_what_is_right_is_left_alone(tmp_path, name):
    assert said(tmp_path, LIGHTS | COLOURS, labels=sorted(LIGHTS | COLOURS), meant=name, given=name) == []


@pytest.mark.parametrize(
    ("meant", "given", "told"),
    [
        ("signed", "raw", "--preprocessing signed?"),
        ("signed", "unit", "--preprocessing signed?"),
        ("unit", "raw", "--preprocessing unit?"),
        ("raw", "unit", "--preprocessing raw?"),
        ("imagenet", "mean=1,2,3;std=4,5,6", "--preprocessing imagenet?"),
        ("bgr;unit", "unit", "--preprocessing 'bgr;unit'?"),
        ("unit", "bgr;unit", "--preprocessing unit?"),
    ],
)
def test_another_preprocessing_is_named(tmp_path, meant, given, told):
    kinds = LIGHTS | WARM
    (line,) = said(tmp_path, kinds, labels=sorted(kinds), meant=meant, given=given)
    assert line.startswith(f"warning: did you mean {told} 100.0 % instead of ")
    assert line.endswith(" on 64 images")


@pytest.mark.parametrize(
    ("order", "labels", "told"),
    [
        (None, ["green", "blue", "red"], "the labels sorted by name (blue, green, red)?"),
        (["green", "red", "blue"], ["blue", "green", "red"], "the labels moved up by one place (green, red, blue)?"),
        (["green", "blue", "red"], ["blue", "green", "red"], "the labels in another order (green, blue, red)?"),
    ],
)
def test_another_order_of_labels_is_named(tmp_path, order, labels, told):
    (line,) = said(tmp_path, COLOURS, order=order, labels=labels)
    assert line.startswith(f"warning: did you mean {told} 100.0 % instead of ")


def test_what_colours_cannot_tell_apart_is_named_together(tmp_path):
    """Red taken for blue: the channels are turned, or the labels."""
    (line,) = said(tmp_path, COLOURS, labels=["red", "green", "blue"])
    assert "did you mean --preprocessing bgr-mean, or the labels sorted by name (blue, green, red)? 100.0 % instead of " in line


def test_both_may_be_wrong(tmp_path):
    kinds = LIGHTS | COLOURS
    (line,) = said(tmp_path, kinds, labels=sorted(kinds, reverse=True), meant="signed", given="raw")
    assert line.startswith(
        "warning: did you mean --preprocessing signed and the labels sorted by name (blue, bright, dark, green, medium, red)? 100.0 %"
    )


def test_a_model_that_guesses_is_told_though_its_files_agree_with_it(tmp_path, edgekit_cli, monkeypatch):
    """Labels in another order are right on what a guess is right on."""
    monkeypatch.chdir(tmp_path)
    classifier(sorted(COLOURS), COLOURS, PIXELS["raw"]).save("net.keras")
    Path("wrong.txt").write_text("red\ngreen\nblue\n")
    photographs(tmp_path / "photos", COLOURS, 12)
    arguments = ("export", "net.keras", "--golden", "photos", "--format", "tflite", "--precision", "float32")
    status, _, err = edgekit_cli(*arguments, "--labels", "wrong.txt")
    assert status == 0
    assert "warning: the trained model is right on 33.3 % of 36 images, and a guess among 3 classes on 33.3 %: " in err
    assert "or the labels sorted by name (blue, green, red)? 100.0 % instead of 33.3 % on 36 images" in err
    Path("right.txt").write_text("blue\ngreen\nred\n")
    status, _, err = edgekit_cli(*arguments, "--labels", "right.txt")
    assert (status, "warning" in err) == (0, False)


def test_where_nothing_fits_nothing_is_named(tmp_path):
    """A model that knows nothing of these photographs."""
    model = classifier(list("abcdef"), dict(zip("abcdef", np.linspace(0, 1, 6), strict=True)), PIXELS["raw"])
    model.save(tmp_path / "net.keras")
    (tmp_path / "labels.txt").write_text("\n".join("abcdef"))
    heard = Listener()
    folder = photographs(tmp_path / "photos", dict.fromkeys("abcdef", 0.5))
    of_file(tmp_path / "net.keras", ForeignOptions(labels=tmp_path / "labels.txt", golden=folder), progress=heard)
    assert not [line for line in heard.said if "did you mean" in line]
