"""A file that edgekit did not make: that is said, once, in a table that fits; and a file of ours that lost its contract is no such file."""

import pytest

from edgekit.errors import ForeignFileError, StoreError
from edgekit.store.contract import read_embedded
from foreign_files import lite, onnx_file

MAKERS = {"somebody-elses-mobilenet.tflite": lite, "somebody-elses-mobilenet.onnx": onnx_file}


@pytest.mark.parametrize("name", MAKERS)
def test_a_foreign_file_is_called_one_once_in_a_table_that_fits(edgekit_cli, tmp_path, name):
    status, out, err = edgekit_cli("verify", MAKERS[name](tmp_path / name))
    assert status == 4
    assert max(map(len, out.splitlines())) <= 80
    assert " ".join((out + err).split()).count("did not make") == 1
    assert len(err.splitlines()) == 2
    assert "--for TARGET" in err


@pytest.mark.parametrize("name", MAKERS)
def test_other_commands_say_it_too(edgekit_cli, exported, tmp_path, name):
    path = MAKERS[name](tmp_path / name)
    with pytest.raises(ForeignFileError, match="edgekit did not make it"):
        read_embedded(path)
    status, _, err = edgekit_cli("predict", path, exported.folder / "golden/00.png")
    assert status == 1
    assert "edgekit did not make it" in err


@pytest.mark.parametrize("kept", [0.5, 0.97])
@pytest.mark.parametrize("name", ["mobilenet-float32.tflite", "mobilenet-int8.tflite"])
def test_a_file_of_ours_that_was_cut_off_is_damaged(exported, tmp_path, name, kept):
    data = (exported.folder / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(data[: int(kept * len(data))])
    with pytest.raises(StoreError) as caught:
        read_embedded(path)
    assert not isinstance(caught.value, ForeignFileError)
