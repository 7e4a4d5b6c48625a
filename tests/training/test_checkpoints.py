"""Checkpoints that are damaged, hostile or no files are refused in one line."""

import io
import os
import random
import zipfile

import keras
import numpy as np
import pytest

from edgekit.errors import StoreError
from edgekit.store.run import EpochRecord
from edgekit.training.checkpoints import epochs_done, load_checkpoint, newest_checkpoint, save_checkpoint

EPOCH = EpochRecord(epoch=1, loss=1.0, accuracy=0.5, validation_loss=None, validation_accuracy=None, seconds=1.0)


@pytest.fixture(scope="module")
def model():
    made = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    made.compile("adam", "mse")
    made.optimizer.build(made.trainable_variables)
    return made


@pytest.fixture(scope="module")
def whole(model, tmp_path_factory):
    run = tmp_path_factory.mktemp("run")
    (run / "checkpoints").mkdir()
    save_checkpoint(run, model, [EPOCH])
    return newest_checkpoint(run).read_bytes()


def entries(**arrays):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in arrays.items():
            archive.writestr(f"{name}.npy", data)
    return made.getvalue()


def header(shape, kind="<f4"):
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


HOSTILE = {
    "nothing": b"",
    "a pickle": b"\x80\x04\x95\x05\0\0\0\0\0\0\0N.",
    "an empty archive": entries(),
    "a shape of 2^60": entries(history=header(f"({2**60},)", "|u1")),
    "a shape without an end": entries(history=b"\x93NUMPY\x01\x00\xff\xff" + 70_000 * b"("),
    "no JSON": entries(history=header("(3,)", "|u1") + b"\xff{["),
    "nested JSON": entries(history=header("(100000,)", "|u1") + 100_000 * b"["),
    "objects": entries(history=header("(1,)", "|O") + b"\x80\x04N."),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused(tmp_path, model, name):
    (tmp_path / "epoch-0001.npz").write_bytes(HOSTILE[name])
    with pytest.raises(StoreError, match="the checkpoint cannot be used") as caught:
        load_checkpoint(tmp_path / "epoch-0001.npz", model)
    assert len(caught.value.message) < 400 + len(str(tmp_path))


def test_what_is_whole_is_read_and_what_is_damaged_refused(tmp_path, model, whole):
    path = tmp_path / "epoch-0001.npz"
    path.write_bytes(whole)
    assert load_checkpoint(path, model) == [EPOCH]
    rng = random.Random(0)
    read = refused = 0
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(3):
            data[rng.randrange(len(data))] = rng.randrange(256)
        path.write_bytes(data)
        try:
            read += load_checkpoint(path, model) == [EPOCH]
        except StoreError as error:
            refused += bool(error.hint)
    assert refused
    assert read + refused == 60
    assert all(np.isfinite(keras.ops.convert_to_numpy(variable)).all() for variable in model.variables)


@pytest.mark.parametrize(("make", "words"), [(os.mkfifo, "a pipe"), (os.mkdir, "a folder"), (lambda path: path.symlink_to("/dev/zero"), "a device")])
def test_what_is_no_file_is_not_waited_for(tmp_path, model, make, words):
    make(tmp_path / "epoch-0001.npz")
    with pytest.raises(StoreError, match=words):
        load_checkpoint(tmp_path / "epoch-0001.npz", model)


def test_other_files_are_no_checkpoints(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    for name in ("epoch-x.npz", "epoch-.npz", "epoch-0002.npz.part", "epoch-10000.npz", "epoch-9999.npz"):
        (tmp_path / "checkpoints" / name).write_bytes(b"")
    assert epochs_done(tmp_path) == 10_000
    assert newest_checkpoint(tmp_path).name == "epoch-10000.npz"
