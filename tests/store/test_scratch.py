import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from edgekit.store.scratch import scratch, sweep_below

# Uses a temporary folder as a library does, and stays in it.
HOLD = """
import sys, tempfile, time
from edgekit.store.scratch import scratch
with scratch():
    folder = tempfile.mkdtemp()
    print(folder, flush=True)
    time.sleep(300)
"""


def test_temporary_files_are_led_into_one_folder_that_goes(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with scratch():
        assert Path(tempfile.mkdtemp()).parent == Path(os.environ["TMPDIR"])
        assert [name for name in os.listdir(tmp_path) if re.fullmatch(r"\.edgekit-scratch-[a-z0-9_]{8}", name)]
    assert os.listdir(tmp_path) == []
    assert (tempfile.tempdir, os.environ["TMPDIR"]) == (str(tmp_path), str(tmp_path))


def test_a_killed_commands_folder_goes_with_the_next_and_a_living_ones_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE, text=True, env=environment) as child:
        kept = Path(child.stdout.readline().strip())
        with scratch():
            assert kept.is_dir()
        child.send_signal(signal.SIGKILL)
    assert kept.is_dir()
    with scratch():
        assert not kept.exists()
    assert os.listdir(tmp_path) == []


def test_without_a_place_for_temporary_files_a_command_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with scratch():
        assert tempfile.tempdir == str(tmp_path / "none")


def test_folders_below_are_swept_as_deep_as_is_asked(tmp_path):
    deep = [tmp_path, tmp_path / "run", tmp_path / "run" / "checkpoints", tmp_path / "run" / "checkpoints" / "more"]
    deep[-1].mkdir(parents=True)
    for folder in deep:
        (folder / ".epoch.npz.partial-abc123_x").write_bytes(b"half")
    sweep_below(tmp_path, 2)
    assert [folder for folder in deep if list(folder.glob(".*"))] == deep[-1:]


def test_nothing_is_made_where_nothing_is(tmp_path):
    sweep_below(tmp_path / "none", 2)
    assert not (tmp_path / "none").exists()
