"""Models that Keras 2 wrote answer as they did there: recorded files of its real layouts, and hand-written ones of its older versions."""

import json

import h5py
import numpy as np
import pytest

import keras2_files
from edgekit.errors import StoreError
from edgekit.models.saved import load_foreign

NAMES = ("nested", "functions", "odd", "sequences")


def answers(path):
    model = load_foreign(path)
    return np.asarray(model(keras2_files.image(model.inputs[0].shape[1:]), training=False))


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_keras_2_answers_as_it_did_there(tmp_path, name, suffix):
    record = keras2_files.read(name)
    keras2_files.write(record, tmp_path / f"net{suffix}")
    wanted = np.array(record["scores"])
    assert np.abs(answers(tmp_path / f"net{suffix}") - wanted).max() <= 1e-5 * np.ptp(wanted) + 1e-6


def sequential(path, entries, weights, version="2.1.6"):
    """Write an .h5 file as Keras before 2.2.3 wrote a Sequential: a list of layers, the shape with the first of them."""
    with h5py.File(path, "w") as file:
        if version is not None:
            file.attrs["keras_version"] = version
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": entries}).encode()
        group = file.create_group("model_weights")
        for entry in entries:
            name = entry["config"]["name"]
            inside = group.create_group(name)
            named = {f"{name}/{kind}:0": value for kind, value in weights.get(name, {}).items()}
            inside.attrs["weight_names"] = np.array([each.encode() for each in named]) if named else np.zeros(0)
            for each, value in named.items():
                inside.create_dataset(each, data=value)


def flattened_dense(**changes):
    dense = {"name": "dense_1", "units": 2, "activation": "hard_sigmoid", "use_bias": True, "implementation": 1, "trainable": True, **changes}
    flatten = {"name": "flatten_1", "batch_input_shape": [None, 2, 2, 3], "dtype": "float32", "trainable": True}
    return [{"class_name": "Flatten", "config": flatten}, {"class_name": "Dense", "config": dense}]


KERNEL, BIAS = np.linspace(-0.3, 0.3, 24, dtype=np.float32).reshape(12, 2), np.array([0.2, -0.1], np.float32)
DENSE = {"dense_1": {"kernel": KERNEL, "bias": BIAS}}


@pytest.mark.parametrize("name", ["net.h5", "net.hdf5", "net", "net.keras"])
def test_a_sequential_of_before_2_2_3_under_any_name(tmp_path, name):
    """Its hard sigmoid is clip(0.2 x + 0.5, 0, 1), which Keras 3's is not."""
    sequential(tmp_path / name, flattened_dense(kernel_initializer={"class_name": "Of somebody's own", "config": {}}), DENSE)
    images = np.random.default_rng(0).normal(size=(5, 2, 2, 3)).astype(np.float32) * 4
    wanted = np.clip(0.2 * (images.reshape(5, 12) @ KERNEL + BIAS) + 0.5, 0, 1)
    assert np.allclose(load_foreign(tmp_path / name)(images), wanted, atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "weights", "words"),
    [
        ({"activation": "my_own"}, DENSE, "activation of somebody's own: my_own"),
        ({"spin": 3}, DENSE, r"an argument of the layer dense_1 \(Dense\) is not known here: spin=3"),
        ({"units": 3}, DENSE, r"dense_1 \(Dense\) has room for \[\(12, 3\), \(3,\)\], and the file holds \(12, 2\), \(2,\)"),
        ({}, {}, r"dense_1 \(Dense\) has room for"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, changes, weights, words):
    sequential(tmp_path / "net.h5", flattened_dense(**changes), weights)
    with pytest.raises(StoreError, match=words) as caught:
        load_foreign(tmp_path / "net.h5")
    assert caught.value.hint
    assert str(tmp_path / "net.h5") in caught.value.message


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"class_name": "Mine", "config": {"name": "mine"}}, "no layer of the kind Mine"),
        ({"class_name": "Custom>Mine", "config": {"name": "mine"}}, "layer of somebody's own: Custom>Mine"),
        ({"class_name": "Dense", "module": "my.layers", "config": {"name": "mine"}}, "layer of somebody's own"),
        ({"class_name": "KerasLayer", "config": {"name": "hub"}}, "TensorFlow Hub"),
        ({"class_name": "Lambda", "config": {"name": "l", "function": ["4wEAAA==", None, None], "function_type": "lambda"}}, "holds code"),
        ({"class_name": "Lambda", "config": {"name": "l", "function": "mine", "function_type": "function"}}, "a function that is not in the file"),
    ],
)
def test_layers_that_are_code(tmp_path, entry, words):
    sequential(tmp_path / "net.h5", [*flattened_dense(), entry], DENSE)
    with pytest.raises(StoreError, match=words):
        load_foreign(tmp_path / "net.h5")


def test_a_function_that_is_not_known_is_named(tmp_path):
    record = keras2_files.read("functions")
    config = json.dumps(record["h5"]["config"])
    assert '"function": "nn.relu6"' in config
    record["h5"]["config"] = json.loads(config.replace('"function": "nn.relu6"', '"function": "signal.fft2d"'))
    keras2_files.write(record, tmp_path / "net.h5")
    with pytest.raises(StoreError, match=r"calls TensorFlow's function tf\.signal\.fft2d as tf\.nn\.relu6"):
        load_foreign(tmp_path / "net.h5")


def test_keras_1_is_told_from_a_damaged_file(tmp_path):
    sequential(tmp_path / "net.h5", flattened_dense(), DENSE, version=None)
    with pytest.raises(StoreError, match="written by Keras 1"):
        load_foreign(tmp_path / "net.h5")


def test_the_layout_of_2_12_counts_layers_with_weights_twice(tmp_path):
    record = keras2_files.read("nested")
    moved = {}
    for place, index in record["keras"]["weights"].items():
        parts = ["_layer_checkpoint_dependencies" if part == "layers" else part for part in place.split("/")]
        kind, _, number = parts[-3].rpartition("_") if len(parts) > 2 else ("", "", "")
        if number.isdigit() and kind in ("batch_normalization", "dense"):
            parts[-3] = f"{kind}_{2 * int(number)}"
        moved["/".join(parts)] = index
    record["keras"]["weights"] = {place: index for place, index in moved.items() if index is not None}
    keras2_files.write(record, tmp_path / "net.keras")
    wanted = np.array(record["scores"])
    assert np.abs(answers(tmp_path / "net.keras") - wanted).max() <= 1e-5 * np.ptp(wanted) + 1e-6
