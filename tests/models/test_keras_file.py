"""Files of absurd sizes are refused before memory is asked for, and nothing outside a file is followed."""

import json
import zipfile

import h5py
import numpy as np
import pytest

from edgekit.errors import StoreError
from edgekit.models.saved import load_foreign


def dense(units, side=2):
    shape = [None, side, side, 3]
    flatten = {"class_name": "Flatten", "config": {"name": "flat", "batch_input_shape": shape}}
    return {"class_name": "Sequential", "config": [flatten, {"class_name": "Dense", "config": {"name": "dense", "units": units}}]}


def write(path, config, fill=None, version="2.15.0"):
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"], file.attrs["model_config"] = version, config if isinstance(config, str) else json.dumps(config)
        inside = file.create_group("model_weights/dense")
        inside.attrs["weight_names"] = [b"kernel:0", b"bias:0"]
        if fill:
            fill(inside)
        else:
            inside["kernel:0"], inside["bias:0"] = np.ones((12, 2), np.float32), np.zeros(2, np.float32)
    return path


def huge(inside):
    inside.create_dataset("kernel:0", (10**9, 10**3), "f4", chunks=(100, 100), compression="gzip")


def chunks(inside):
    inside.create_dataset("kernel:0", (2, 2), "f4", maxshape=(None, None), chunks=(20_000, 20_000))


def elsewhere(inside):
    inside["kernel:0"] = h5py.ExternalLink("/etc/passwd", "/a")


def circle(inside):
    inside["again"] = inside


def objects(inside):
    inside.create_dataset("kernel:0", data=[b"text"])


@pytest.mark.parametrize(
    ("config", "fill", "words"),
    [
        (dense(10**12), None, "a size that no memory holds: units 1000000000000"),
        (dense(2, side=10**9), None, "a shape that no memory holds"),
        (dense(10**8), None, "have 1,300,000,000 weights, and the file holds 26"),
        (dense(2), huge, "unpacks to 4,000,000,000,000 bytes"),
        (dense(2), chunks, "pieces of an absurd size"),
        (dense(2), elsewhere, "lead elsewhere"),
        (dense(2), circle, "in a circle"),
        (dense(2), objects, "something else than weights"),
        ("[" * 100_000, None, "configuration cannot be read"),
        ("[]", None, "configuration is no table"),
    ],
)
def test_absurd_files(tmp_path, config, fill, words):
    if isinstance(config, str) and len(config) > 60_000:
        config = config[:60_000]  # an attribute holds no more
    path = write(tmp_path / "net.h5", config, fill)
    with pytest.raises(StoreError, match=words) as caught:
        load_foreign(path)
    assert str(path) in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_an_archive_that_unpacks_to_far_more_than_it_holds(tmp_path, name):
    path = tmp_path / "net.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in ("metadata.json", "config.json", "model.weights.h5"):
            with archive.open(each, "w") as file:
                for _ in range(300 if each == name else 1):
                    file.write(bytes(1 << 20) if each == name else b"{}")
    with pytest.raises(StoreError, match="unpacks to"):
        load_foreign(path)
