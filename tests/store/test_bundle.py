"""Opening model files by themselves: what is no regular file is refused as what it is."""

import os

import pytest

import edgekit
from edgekit.errors import StoreError
from edgekit.store.bundle import open_artifact


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (os.mkfifo, "a pipe"),
        (lambda path: path.symlink_to("/dev/zero"), "a device"),
        (lambda path: path.symlink_to(path.name), "in a circle"),
        (lambda path: path.symlink_to("nowhere.tflite"), "no such file"),
        (lambda path: path.write_bytes(b""), "an empty file"),
        (lambda path: None, "no such file"),
    ],
)
@pytest.mark.parametrize("open_it", [open_artifact, edgekit.load])
def test_what_is_no_model_file(tmp_path, make, words, open_it):
    make(tmp_path / "m.tflite")
    with pytest.raises(StoreError, match=words):
        open_it(tmp_path / "m.tflite")


@pytest.mark.parametrize("path", ["\0", "a\0.tflite", 5_000 * "x" + ".onnx"])
def test_what_is_no_path(path):
    with pytest.raises(StoreError, match="Received"):
        edgekit.load(path)
