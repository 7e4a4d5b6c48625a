import json
import shutil

import keras
import msgspec
import numpy as np
import pytest
from keras import layers

import seeds
from edgekit.datasets.folder import open_folder
from edgekit.spec.format import Precision
from edgekit.spec.limits import LIMITS
from edgekit.store.bundle import open_bundle
from foreign_models import CLASSES, PX, any_size, settle, stem

FLOAT32 = ("--precision", "float32", "--format", "tflite")


def refused(edgekit_cli, *arguments, status=1):
    got, out, err = edgekit_cli("export", *arguments)
    lines = [line for line in err.splitlines() if line.startswith(("error:", "hint:"))]
    assert (got, out, len(lines)) == (status, "", 2), err
    assert "Traceback" not in err
    return lines


def with_a_lambda(marker):
    """Its function leaves a file behind when it is run."""
    place, image = str(marker), keras.Input((PX, PX, 3))
    x = layers.Lambda(lambda x: (open(place, "w").close(), x * 2.0)[1])(image)  # noqa: PTH123
    return keras.Model(image, layers.Dense(CLASSES, activation="softmax")(layers.GlobalAveragePooling2D()(x)))


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_code_in_a_file_is_not_run_unless_it_is_trusted(edgekit_cli, small_folder, tmp_path, suffix):
    marker, path = tmp_path / "ran", tmp_path / f"net{suffix}"
    with_a_lambda(marker).save(path)
    marker.unlink()
    error, hint = refused(edgekit_cli, path, "--golden", small_folder / "test", "--out", tmp_path / "exported")
    assert "holds code" in error
    assert str(path) in error
    assert "--unsafe" in hint
    assert not marker.exists()
    status, out, err = edgekit_cli("export", path, "--golden", small_folder / "test", "--out", tmp_path / "exported", "--unsafe", *FLOAT32)
    assert status == 0, err
    assert marker.exists()
    assert "net-float32.tflite" in out
    assert "whose classes are not known" in out  # class_0 … are not the folders' names


class Doubled(layers.Layer):
    """A layer of somebody's own, whose code no file holds."""

    def call(self, x):
        return 2 * x


@pytest.mark.parametrize("arguments", [(), ("--unsafe",)])
def test_a_class_of_ones_own_is_not_in_the_file(edgekit_cli, small_folder, tmp_path, arguments):
    image = keras.Input((PX, PX, 3))
    keras.Model(image, layers.Dense(CLASSES)(layers.Flatten()(Doubled()(image)))).save(tmp_path / "net.keras")
    error, hint = refused(edgekit_cli, tmp_path / "net.keras", "--golden", small_folder / "test", "--out", tmp_path / "exported", *arguments)
    assert "Doubled" in error
    assert "a layer or function of your own" in hint


def small_model():
    image = keras.Input((PX, PX, 3))
    return keras.Model(image, layers.Dense(CLASSES, activation="softmax")(layers.Flatten()(image)))


@pytest.mark.parametrize("name", ["missing.keras", "text.keras", "text.h5", "torn.keras", "torn.h5", "renamed.h5", "weights.h5"])
def test_files_that_are_no_model(edgekit_cli, small_folder, tmp_path, name):
    whole = {suffix: tmp_path / f"whole{suffix}" for suffix in (".keras", ".h5")}
    for path in whole.values():
        small_model().save(path)
    path = tmp_path / name
    kind = name.partition(".")[0]
    if kind == "text":
        path.write_text("a text file")
    elif kind == "torn":
        path.write_bytes(whole[path.suffix].read_bytes()[:5000])
    elif kind == "renamed":
        shutil.copy(whole[".keras"], path)
    elif kind == "weights":
        small_model().save_weights(tmp_path / "a.weights.h5")
        (tmp_path / "a.weights.h5").rename(path)
    error, hint = refused(edgekit_cli, path, "--golden", small_folder / "test", "--out", tmp_path / "exported")
    assert str(path) in error
    assert "model.save" in hint
    assert not (tmp_path / "exported").exists()


def test_options_that_do_not_go_together(edgekit_cli, small_run, tmp_path):
    small_model().save(tmp_path / "net.keras")
    assert "trained elsewhere" in refused(edgekit_cli, small_run.folder, "--preprocessing", "unit", status=2)[0]
    assert "--all" in refused(edgekit_cli, small_run.folder, "--all", status=2)[0]
    assert "Received: caffe" in refused(edgekit_cli, tmp_path / "net.keras", "--preprocessing", "caffe", status=2)[0]
    assert "--golden" in refused(edgekit_cli, tmp_path / "net.keras")[1]


def test_the_whole_way_of_an_h5_of_any_size(edgekit_cli, small_folder, tmp_path):
    labels = ("alef", "heh", "kaf", "meem", "sheen")
    examples = open_folder(small_folder).test
    keras.utils.set_random_seed(seeds.seed(1))
    model = any_size()
    settle(model, np.stack([example.picture.pixels() for example in examples]) / 255, np.array([example.label for example in examples]))
    model.save(tmp_path / "anyone's net.h5")
    (tmp_path / "labels.txt").write_text("\n".join(labels))
    arguments = ("--labels", tmp_path / "labels.txt", "--golden", small_folder / "test", "--preprocessing", "unit", "--out", tmp_path / "exported")
    assert "--image-size 224" in refused(edgekit_cli, tmp_path / "anyone's net.h5", *arguments, status=2)[1]
    status, out, err = edgekit_cli("export", tmp_path / "anyone's net.h5", *arguments, "--image-size", PX, "--json")
    assert status == 0, err
    (made,) = json.loads(out)
    assert [entry["file"] for entry in made["artifacts"]] == [
        f"anyone-s-net-{precision}.{suffix}" for precision in ("float32", "int8") for suffix in ("tflite", "onnx")
    ]
    for entry in made["artifacts"]:
        assert entry["preprocessing"]["pixels"] == {"name": "unit", "mean": [0, 0, 0], "std": [255, 255, 255], "colour": "RGB"}
        assert entry["preprocessing"]["image_px"] == PX
        assert "fold-input-norm" in entry["rewrites"]
        assert entry["provenance"]["file"] == "anyone's net.h5"
    tested = made["checks"]["parity"][0]["tested"]
    assert (tested["images"], tested["right"] / tested["images"] > 0.5) == (165, True)
    bundle = open_bundle(tmp_path / "exported/anyone-s-net")
    assert "A Keras model trained elsewhere, from the file `anyone's net.h5`: 5 classes" in (bundle.folder / "README.md").read_text()
    assert edgekit_cli("verify", bundle.folder)[0] == 0
    assert edgekit_cli("predict", bundle.folder, bundle.folder / "golden/00.png")[0] == 0


def test_features_of_a_model_without_classifier(edgekit_cli, small_folder, tmp_path):
    image = keras.Input((PX, PX, 3))
    keras.Model(image, layers.GlobalAveragePooling2D()(layers.Conv2D(8, 3, activation="relu")(image))).save(tmp_path / "net.keras")
    arguments = (tmp_path / "net.keras", "--golden", small_folder / "test", "--out", tmp_path / "exported", "--precision", "float32")
    assert "no logits" in refused(edgekit_cli, *arguments)[0]
    status, _, err = edgekit_cli("export", *arguments, "--head", "features")
    assert status == 0, err
    assert open_bundle(tmp_path / "exported/net").labels == ()
    assert edgekit_cli("verify", tmp_path / "exported/net")[0] == 0
    assert edgekit_cli("verify", tmp_path / "exported/net/net-features-float32.onnx")[0] == 0


def test_several_runs_and_one_that_fails(edgekit_cli, small_run, tmp_path, monkeypatch):
    for name in ("a", "b", "c"):
        shutil.copytree(small_run.folder, tmp_path / "runs" / name)
    (tmp_path / "runs/b/model.keras").write_bytes(b"damaged")
    monkeypatch.chdir(tmp_path)
    status, out, err = edgekit_cli("export", "--all", *FLOAT32)
    assert status == 1
    assert "error: runs/b: the trained model cannot be loaded" in err
    assert sorted(path.name for path in (tmp_path / "exported").iterdir()) == ["a", "c"]
    assert [line for line in out.splitlines() if line.startswith("exported/")] == ["exported/a", "exported/c"]
    status, out, err = edgekit_cli("export", "runs/a", "runs/c", *FLOAT32, "--json")
    assert status == 0, err
    assert [made["bundle"] for made in json.loads(out)] == ["exported/a-2", "exported/c-2"]


def test_of_several_failures_the_parity_check_decides_the_status(edgekit_cli, small_run, tmp_path, monkeypatch):
    for name in ("a", "b"):
        shutil.copytree(small_run.folder, tmp_path / "runs" / name)
    (tmp_path / "runs/a/model.keras").write_bytes(b"damaged")
    strict = msgspec.structs.replace(LIMITS[Precision.FLOAT32], score=1e-12)
    monkeypatch.setitem(LIMITS, Precision.FLOAT32, strict)
    monkeypatch.chdir(tmp_path)
    status, _, err = edgekit_cli("export", "--all", *FLOAT32)
    assert (status, "runs/a" in err, "worst image" in err) == (4, True, True)


def test_a_run_is_exported_by_its_name_from_its_own_folder(edgekit_cli, small_run, tmp_path, monkeypatch):
    shutil.copytree(small_run.folder, tmp_path / "mine")
    monkeypatch.chdir(tmp_path / "mine")
    status, _, err = edgekit_cli("export", ".", *FLOAT32)
    assert status == 0, err
    bundle = open_bundle(tmp_path / "mine/exported/mine")
    assert (bundle.manifest.name, bundle.manifest.artifacts[0].provenance.run) == ("mine", "mine")


def test_a_model_without_softmax_is_said_to_have_none(edgekit_cli, small_folder, tmp_path):
    image, x = stem(px=PX)
    keras.Model(image, layers.Dense(5, name="last")(layers.Flatten()(x))).save(tmp_path / "net.keras")
    status, _, err = edgekit_cli("export", tmp_path / "net.keras", "--golden", small_folder / "test", "--out", tmp_path / "exported", *FLOAT32)
    assert status == 0, err
    assert "the model has no softmax: what its last layer gives (Dense last) is taken for logits" in err
