"""The door for bytes: what is no regular file of the size that was meant is refused in one line, and never waited for."""

import errno
import os
import resource
import stat
from pathlib import Path

import pytest

from edgekit.errors import StoreError
from edgekit.store.files import read_bytes, read_text, text_of


def test_a_file_and_a_link_to_one_are_read(tmp_path):
    (tmp_path / "a").write_bytes(b"four")
    (tmp_path / "b").symlink_to("a")
    assert read_bytes(tmp_path / "a", 4) == read_bytes(tmp_path / "b", 4) == b"four"
    with pytest.raises(StoreError, match="more than 3 bytes"):
        read_bytes(tmp_path / "b", 3)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.symlink_to("/dev/zero"), "a device"),
        (lambda path: path.symlink_to("/dev/tty"), "a device|cannot be read"),
        (os.mkfifo, "a pipe"),
        (lambda path: path.mkdir(), "a folder"),
        (lambda path: path.symlink_to(path.parent), "a folder"),
        (lambda path: path.symlink_to("nowhere"), "no such file"),
        (lambda path: path.symlink_to(path.name), "in a circle"),
        (lambda path: os.mknod(path, stat.S_IFSOCK), "cannot be read|a socket"),
        (lambda path: None, "no such file"),
    ],
)
def test_anything_else_is_refused_at_once(tmp_path, make, words):
    make(tmp_path / "record.json")
    with pytest.raises(StoreError, match=words) as caught:
        read_bytes(tmp_path / "record.json", 100)
    assert "record.json" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("name", ["a\0b", "a" * 5_000, "file/below"])
def test_a_path_that_cannot_be_is_refused(tmp_path, name):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="Received"):
        read_bytes(tmp_path / name, 100)


def test_what_may_not_be_read_is_told(tmp_path, monkeypatch):
    """As root everything may be read: the system's answer is put in its place."""

    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(StoreError, match="may not be read"):
        read_bytes(tmp_path / "x", 1)


def test_a_sparse_file_of_a_terabyte_takes_no_memory(tmp_path):
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(1 << 40)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(StoreError, match="more than 1,000 bytes"):
        read_bytes(tmp_path / "huge", 1_000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


@pytest.mark.parametrize(
    ("data", "words"),
    [("é".encode("latin-1"), "no UTF-8 at byte 1"), (b"ab\xff", "at byte 3"), ("alef\n".encode("utf-16"), "UTF-16"), (b"\xed\xa0\x80", "no UTF-8")],
)
def test_text_is_utf8(tmp_path, data, words):
    (tmp_path / "labels.txt").write_bytes(data)
    with pytest.raises(StoreError, match=words):
        read_text(tmp_path / "labels.txt", 100)


def test_the_mark_of_windows_programs_is_no_part_of_the_text():
    assert text_of("\ufeffalef".encode(), "x") == "alef"


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="files that are open are not listed here")
def test_what_is_refused_does_not_stay_open(tmp_path):
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with pytest.raises(StoreError, match="a folder"):
            read_bytes(tmp_path, 1)
    assert len(os.listdir("/proc/self/fd")) == before
