"""Reading a result: what it is not is told in one line."""

import pytest

from edgekit.errors import SchemaError, StoreError
from edgekit.store.result import read_result
from handmade import block, written


def test_a_folder_a_missing_and_an_empty_file(tmp_path):
    with pytest.raises(StoreError, match="a folder, where one result is needed") as caught:
        read_result(tmp_path)
    assert caught.value.hint == f"give a file in it: {tmp_path}/NAME.jsonl"
    with pytest.raises(StoreError, match="there is no such result"):
        read_result(tmp_path / "r.jsonl")
    for data in (b"", b"\n \n", b'{"schema": 2}'):
        (tmp_path / "r.jsonl").write_bytes(data)
        with pytest.raises(SchemaError, match="an empty result"):
            read_result(tmp_path / "r.jsonl")


def test_a_header_alone_is_a_result_that_was_begun(tmp_path):
    path = written(tmp_path / "r.jsonl", block("exported/a", 0, [5, 6]))
    header = path.read_bytes().splitlines()[0]
    path.write_bytes(header + b"\n")
    assert read_result(path, unfinished=True).blocks == ()
    with pytest.raises(SchemaError, match="a result without a measurement"):
        read_result(path)


def test_a_block_that_was_measured_again_takes_the_place_of_the_first(tmp_path):
    first, again, other = block("exported/a", 0, [1, 2]), block("exported/a", 0, [5, 6]), block("exported/a", 1, [7, 8])
    found = read_result(written(tmp_path / "r.jsonl", first, other, again))
    assert [(each.process, each.timed_ns) for each in found.blocks] == [(0, (5, 6)), (1, (7, 8))]
