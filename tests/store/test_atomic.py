import os

import pytest

from edgekit.errors import StoreError
from edgekit.store.atomic import staged_folder, write_whole


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "deep" / "file"
    write_whole(path, b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(path.parent) == ["file"]


def test_an_error_leaves_nothing_behind(tmp_path):
    def fail_half_way():
        with staged_folder(tmp_path, "name") as stage:
            (stage.path / "half").write_text("written")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_half_way()
    assert os.listdir(tmp_path) == []


def test_a_finished_folder_is_never_overwritten(tmp_path):
    for content in "abc":
        with staged_folder(tmp_path, "name") as stage:
            (stage.path / "file").write_text(content)
    assert {path.name: (path / "file").read_text() for path in tmp_path.iterdir()} == {"name": "a", "name-2": "b", "name-3": "c"}


def test_a_refusing_disk_is_one_clear_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be written") as caught:
        write_whole(tmp_path / "file" / "below", b"data")
    assert caught.value.hint
