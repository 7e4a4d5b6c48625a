import zipfile

import pytest

from edgekit.errors import DataError
from edgekit.store.model_kinds import foreign_kind, is_keras_file, refuse_other

HDF5, TFLITE, ZIP = b"\x89HDF\r\n\x1a\n" + bytes(30), b"\x1c\0\0\0TFL3" + bytes(30), b"PK\x03\x04"


def folder(root, *names):
    for name in names:
        (root / "thing" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "thing" / name).write_text("{}")
    return root / "thing"


def archive(path, *names):
    with zipfile.ZipFile(path, "w") as file:
        for name in names:
            file.writestr(name, "{}")
    return path


@pytest.mark.parametrize(
    ("names", "words", "hint"),
    [
        (("saved_model.pb", "variables/variables.index"), "SavedModel", "tf_keras.models.load_model"),
        (("manifest.json",), "bundle, which is exported already", "edgekit verify"),
        (("plan.json",), "run that has not finished", "--resume"),
        (("config.json", "model.weights.h5"), "unpacked", "zip -0"),
        (("model.json", "group1-shard1of1.bin"), "TensorFlow.js", "model.save"),
        (("checkpoint", "ckpt-1.index"), "checkpoints", "model.save"),
    ],
)
def test_folders_by_what_is_in_them(tmp_path, names, words, hint):
    with pytest.raises(DataError, match=words) as caught:
        refuse_other(folder(tmp_path, *names))
    assert hint in caught.value.hint
    assert str(tmp_path / "thing") in caught.value.message


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("net.tflite", TFLITE, "a TFLite file"),
        ("net.bin", TFLITE, "a TFLite file"),
        ("net.onnx", b"\x08\x07", "an ONNX file"),
        ("net.pb", b"\n", "a frozen graph"),
        ("net.pth", b"\x80\x02", "PyTorch"),
        ("net.safetensors", b"", "PyTorch"),
        ("model.json", b"{}", r"TensorFlow\.js"),
        ("architecture.json", b"{}", "layers without their weights"),
        ("net.npz", ZIP, "arrays"),
        ("net.pkl", b"\x80\x04", "code"),
    ],
)
def test_files_by_their_bytes_then_by_their_names(tmp_path, name, data, words):
    (tmp_path / name).write_bytes(data)
    assert not is_keras_file(tmp_path / name)
    with pytest.raises(DataError, match=words) as caught:
        refuse_other(tmp_path / name)
    assert caught.value.hint


def test_a_pytorch_archive_by_what_is_in_it(tmp_path):
    assert foreign_kind(archive(tmp_path / "net", "net/data.pkl")).title == "a PyTorch model"


def test_keras_files_by_what_they_hold(tmp_path):
    (tmp_path / "weights").write_bytes(HDF5)
    (tmp_path / "empty.HDF5").write_bytes(b"")
    assert is_keras_file(tmp_path / "weights")
    assert is_keras_file(archive(tmp_path / "net.zip", "config.json", "model.weights.h5"))
    assert is_keras_file(tmp_path / "empty.HDF5")
    assert is_keras_file(tmp_path / "missing.keras")  # its absence is told where it is opened
    assert not is_keras_file(archive(tmp_path / "photos.zip", "a.png"))
    assert not is_keras_file(tmp_path / "missing")


def test_runs_and_folders_of_anything_else_are_left_to_others(tmp_path):
    refuse_other(folder(tmp_path, "run.json", "plan.json"))
    (tmp_path / "photos").mkdir()
    refuse_other(tmp_path / "photos")
