"""A measurement as it is written: whole lines, each on the disk before the next is measured."""

import pytest

from edgekit.errors import StoreError
from edgekit.store import result_writer as module
from edgekit.store.result import read_result
from edgekit.store.result_writer import ResultWriter
from handmade import block, written

BLOCKS = [block("exported/a", process, [5, 6, 7, 8]) for process in range(3)]


@pytest.fixture
def header(tmp_path):
    return read_result(written(tmp_path / "header.jsonl"), unfinished=True).header


def test_each_block_is_in_the_file_when_it_was_added(tmp_path, header):
    writer = ResultWriter.start(tmp_path / "r.jsonl", header, numbered=False)
    for count, each in enumerate(BLOCKS, 1):
        writer.add(each)
        assert (writer.blocks, len(read_result(writer.path).blocks)) == (count, count)
    writer.close()
    assert read_result(writer.path).blocks == tuple(BLOCKS)


def test_a_result_without_a_block_is_taken_away(tmp_path, header):
    ResultWriter.start(tmp_path / "r.jsonl", header, numbered=False).close()
    assert not (tmp_path / "r.jsonl").exists()


def test_a_name_that_is_taken_gets_a_number_or_is_refused(tmp_path, header):
    for name in ("r.jsonl", "r-2.jsonl"):
        writer = ResultWriter.start(tmp_path / "r.jsonl", header, numbered=True)
        assert writer.path.name == name
        writer.add(BLOCKS[0])
        writer.close()
    with pytest.raises(StoreError, match="cannot be written"):
        ResultWriter.start(tmp_path / "r.jsonl", header, numbered=False)


@pytest.mark.parametrize("torn", [b"", b'{"source": "torn', b"\n \n"])
def test_a_torn_line_is_cut_off_and_the_rest_goes_on(tmp_path, torn):
    path = written(tmp_path / "r.jsonl", *BLOCKS[:2])
    path.write_bytes(path.read_bytes() + torn)
    writer = ResultWriter.resume(path)
    assert writer.blocks == 2
    writer.add(BLOCKS[2])
    writer.close()
    assert read_result(path).blocks == tuple(BLOCKS)
    empty = written(tmp_path / "s.jsonl")
    assert ResultWriter.resume(empty).blocks == 0


def test_what_a_full_disk_took_of_a_line_is_cut_off(tmp_path, header, monkeypatch):
    writer = ResultWriter.start(tmp_path / "r.jsonl", header, numbered=False)
    writer.add(BLOCKS[0])
    whole = writer.path.read_bytes()

    def fsync(_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(module.os, "fsync", fsync)
        with pytest.raises(StoreError, match="No space left"):
            writer.add(BLOCKS[1])
    assert (writer.path.read_bytes(), writer.blocks) == (whole, 1)
    writer.add(BLOCKS[2])
    assert read_result(writer.path).blocks == (BLOCKS[0], BLOCKS[2])
