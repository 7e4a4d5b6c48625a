"""Limits against hostile files: how many entries may stand inside a model, and how large each may be."""

import zipfile

import pytest
from onnx import ModelProto

from edgekit.errors import ForeignFileError, StoreError
from edgekit.spec.format import Format
from edgekit.store.containers.entries import mapped, without_contract
from edgekit.store.containers.table import container_of

MIB = 1024 * 1024


def onnx_entries(path, entries):
    """Read what ONNX's own library wrote."""
    model = ModelProto()
    for key, value in entries.items():
        model.metadata_props.add(key=key, value=value)
    path.write_bytes(model.SerializeToString())
    with mapped(path) as data:
        return container_of(Format.ONNX).entries(path, data)[0]


def tflite_entries(path, entries, method=zipfile.ZIP_STORED):
    path.write_bytes(b"\x1c\0\0\0TFL3")
    with zipfile.ZipFile(path, "a", method) as archive:
        for key, value in entries.items():
            archive.writestr(key, value)
    with mapped(path) as data:
        return container_of(Format.TFLITE).entries(path, data)[0]


def test_an_onnx_entry_of_four_mib_is_read_and_a_larger_one_refused(tmp_path):
    # An entry is its key and its value: two bytes and the key, five bytes and the value.
    most = 4 * MIB - len("key") - 2 - 5
    assert onnx_entries(tmp_path / "a.onnx", {"key": "x" * most}) == {"key": b"x" * most}
    with pytest.raises(StoreError, match="damaged ONNX file"):
        onnx_entries(tmp_path / "a.onnx", {"key": "x" * (most + 1)})


def test_a_tflite_entry_of_four_mib_is_read_and_a_larger_one_refused(tmp_path):
    assert tflite_entries(tmp_path / "a.tflite", {"key": b"x" * (4 * MIB)}) == {"key": b"x" * (4 * MIB)}
    with pytest.raises(StoreError, match="hostile metadata"):
        tflite_entries(tmp_path / "a.tflite", {"key": b"x" * (4 * MIB + 1)})
    with pytest.raises(StoreError, match="hostile metadata"):
        tflite_entries(tmp_path / "a.tflite", {"key": b"x"}, zipfile.ZIP_DEFLATED)


def test_64_entries_are_read(tmp_path):
    entries = {f"key {index}": f"{index}" for index in range(65)}
    wanted = {key: value.encode() for key, value in entries.items() if key != "key 64"}
    assert tflite_entries(tmp_path / "a.tflite", wanted) == wanted
    with pytest.raises(StoreError, match="hostile metadata: too many"):
        tflite_entries(tmp_path / "a.tflite", entries)
    # Other programs may add what they like to an ONNX file: ours stand first, and what follows is not read.
    assert onnx_entries(tmp_path / "a.onnx", entries) == wanted


def test_an_entry_may_be_empty_but_not_without_a_key(tmp_path):
    assert onnx_entries(tmp_path / "a.onnx", {"key": ""}) == {"key": b""}
    (tmp_path / "b.onnx").write_bytes(b"\x72\x03\x12\x01v")  # field 14, of a value alone
    with mapped(tmp_path / "b.onnx") as data, pytest.raises(StoreError, match="damaged ONNX file"):
        container_of(Format.ONNX).entries(tmp_path / "b.onnx", data)


def test_pictures_are_in_base64_in_an_onnx_file(tmp_path):
    assert onnx_entries(tmp_path / "a.onnx", {"sample-0.png": "iVBORw==", "labels.txt": "iVBORw=="}) == {
        "sample-0.png": b"\x89PNG",
        "labels.txt": b"iVBORw==",
    }
    with pytest.raises(StoreError, match="damaged ONNX file"):
        onnx_entries(tmp_path / "a.onnx", {"sample-0.png": "iVBO*Rw="})


@pytest.mark.parametrize(
    ("content", "words", "kind"), [(b"by edgekit", "the contract inside is gone", StoreError), (b"by others", "did not make it", ForeignFileError)]
)
def test_a_model_that_names_edgekit_has_lost_its_contract(tmp_path, content, words, kind):
    path = tmp_path / "a.onnx"
    path.write_bytes(content)
    with mapped(path) as data:
        found = without_contract(path, data)
    assert (type(found), words in str(found)) == (kind, True)


def test_an_empty_file_is_told(tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"")
    with pytest.raises(StoreError, match="an empty file"), mapped(tmp_path / "a.onnx"):
        pass
