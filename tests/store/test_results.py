import os

import pytest

from edgekit.errors import StoreError
from edgekit.store.results import find_results, newest_begun

HEADER, BLOCK = b'{"schema": 2}\n', b'{"source": "x"}\n'
EMPTY = [HEADER, HEADER + b'{"source": "torn', HEADER + b"\n \n", b'{"sch', b""]


def written(folder, **contents):
    folder.mkdir(exist_ok=True)
    for age, (name, data) in enumerate(contents.items()):
        path = folder / f"{name}.jsonl"
        path.write_bytes(data)
        os.utime(path, (age, age))
    return folder


@pytest.mark.parametrize("data", EMPTY)
def test_the_newest_with_a_block_is_taken_and_newer_ones_are_named(tmp_path, data):
    written(tmp_path, old=HEADER + BLOCK, whole=HEADER + BLOCK, cut=data, later=data)
    found = find_results([], tmp_path)
    assert [path.stem for path in found.paths] == ["whole"]
    assert [path.stem for path in found.passed_over] == ["later", "cut"]
    assert newest_begun(tmp_path).stem == "later"


def test_a_folder_means_what_holds_a_block_and_a_file_itself(tmp_path):
    written(tmp_path, a=HEADER + BLOCK, b=HEADER, c=HEADER + BLOCK)
    found = find_results([tmp_path, tmp_path / "c.jsonl", tmp_path / "b.jsonl"], tmp_path)
    assert [path.stem for path in found.paths] == ["a", "c", "b"]
    assert [path.stem for path in found.passed_over] == ["b"]


def test_where_nothing_holds_a_block_it_is_said(tmp_path):
    with pytest.raises(StoreError, match="there is no result"):
        find_results([], tmp_path)
    written(tmp_path, a=HEADER)
    for paths in ([], [tmp_path]):
        with pytest.raises(StoreError, match="holds a block") as caught:
            find_results(paths, tmp_path)
        assert "--resume" in caught.value.hint
