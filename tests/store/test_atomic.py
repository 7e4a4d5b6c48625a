import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edgekit.errors import StoreError
from edgekit.store import atomic as module
from edgekit.store.atomic import staged_folder, sweep_partial, whole_file, write_new, write_whole


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


def left(folder):
    """What a killed process leaves: a file and a folder, both half written."""
    (folder / ".page.html.partial-abc123_x").write_text("<html>")
    stage = folder / ".bundle.partial-0123abcd"
    (stage / "golden").mkdir(parents=True)
    (stage / "golden" / "00.png").write_bytes(b"half")


@pytest.mark.parametrize("kind", ["file", "folder", "new"])
def test_what_a_killed_process_left_is_removed_by_the_next_that_writes_there(tmp_path, kind):
    left(tmp_path)
    if kind == "folder":
        with staged_folder(tmp_path, "name"):
            pass
    elif kind == "file":
        write_whole(tmp_path / "name", b"data")
    else:
        write_new(tmp_path / "name", b"data", numbered=True)
    assert os.listdir(tmp_path) == ["name"]


def test_what_is_being_written_is_never_removed(tmp_path):
    with whole_file(tmp_path / "large") as file, staged_folder(tmp_path, "bundle") as stage:
        file.write(b"begun")
        for _ in range(3):
            write_whole(tmp_path / "other", b"data")
        write_whole(stage.path / "part", b"data")
    assert (tmp_path / "large").read_bytes() == b"begun"
    assert (tmp_path / "bundle" / "part").read_bytes() == b"data"


def test_what_others_named_is_never_removed(tmp_path):
    kept = [".bashrc", ".notes.partial-draft", "page.partial-abc123_x", ".page.partial-ABC123_X", ".page.partial-abc123_xy"]
    for name in kept:
        (tmp_path / name).write_text("mine")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".link.partial-abc123_x").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(tmp_path / ".pipe.partial-abc123_x")
    write_whole(tmp_path / "name", b"data")
    assert set(kept) | {"elsewhere", ".link.partial-abc123_x", ".pipe.partial-abc123_x", "name"} == set(os.listdir(tmp_path))


def test_a_folder_without_rights_is_left_alone(tmp_path):
    sweep_partial(tmp_path / "none")
    assert not (tmp_path / "none").exists()


WRITERS = 6
ROUNDS = 40


def test_many_that_write_and_remove_at_once_do_not_disturb_each_other(tmp_path):
    def write(number):
        for index in range(ROUNDS):
            write_whole(tmp_path / f"{number}-{index}", b"x" * 1000)
            with staged_folder(tmp_path, f"folder-{number}") as stage:
                (stage.path / "file").write_text("whole")

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    names = os.listdir(tmp_path)
    assert len(names) == 2 * WRITERS * ROUNDS
    assert not [name for name in names if name.startswith(".")]


def test_a_new_file_takes_the_first_free_name(tmp_path):
    assert [write_new(tmp_path / "a.jsonl", data, numbered=True).name for data in (b"1", b"2", b"3")] == ["a.jsonl", "a-2.jsonl", "a-3.jsonl"]
    assert (tmp_path / "a-2.jsonl").read_bytes() == b"2"
    with pytest.raises(StoreError, match="cannot be written"):
        write_new(tmp_path / "a.jsonl", b"4", numbered=False)
    assert (tmp_path / "a.jsonl").read_bytes() == b"1"


def test_a_long_name_has_room_for_what_is_put_around_it(tmp_path):
    name = "é" * 127
    write_whole(tmp_path / name, b"data")
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize(("mask", "of_files", "of_folders"), [(0o022, 0o644, 0o755), (0o027, 0o640, 0o750), (0o077, 0o600, 0o700)])
def test_what_is_written_has_the_rights_that_the_users_mask_leaves(tmp_path, mask, of_files, of_folders):
    before = os.umask(mask)
    try:
        write_whole(tmp_path / "file", b"")
        write_new(tmp_path / "new", b"", numbered=False)
        with staged_folder(tmp_path, "folder"):
            pass
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {"file": of_files, "new": of_files, "folder": of_folders}


def open_files():
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="files that are open are not listed here")
def test_of_what_another_process_swept_away_nothing_stays_open(tmp_path, monkeypatch):
    """Between the making of a name and its lock another process may take it for what a killed one left: then another name is made."""
    write_whole(tmp_path / "before", b"")
    before, answers = open_files(), iter([False, False, True, False, False, True])
    monkeypatch.setattr(module, "claimed", lambda handle, path: next(answers))
    write_whole(tmp_path / "name", b"data")
    with staged_folder(tmp_path, "folder"):
        pass
    assert open_files() == before
    assert {path.name for path in tmp_path.iterdir() if not path.name.startswith(".")} == {"before", "name", "folder"}


def test_a_folder_that_is_swept_before_it_is_opened_is_made_again(tmp_path, monkeypatch):
    sound, harm = os.open, iter([FileNotFoundError()])

    def opened(path, flags, *more, **named):
        if flags == os.O_RDONLY and (error := next(harm, None)):
            raise error
        return sound(path, flags, *more, **named)

    monkeypatch.setattr(os, "open", opened)
    with staged_folder(tmp_path, "folder"):
        pass
    assert (tmp_path / "folder").is_dir()
