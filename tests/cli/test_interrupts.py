"""Signals to real commands: nothing half written stays, and what SIGKILL leaves goes with the next command."""

import os
import signal
import subprocess
import sys
import time

import pytest

EDGEKIT = [sys.executable, "-m", "edgekit"]
PIPES = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
LONG_S = 120


def wait_until(true, child):
    begun = time.monotonic()
    while not true():
        assert child.poll() is None, child.communicate()
        assert time.monotonic() - begun < LONG_S
        time.sleep(0.005)


def writing(folder):
    """Whether a data set is being written."""
    return any(folder.glob(".letters.partial-*/*/*"))


def handling(hangups):
    """What a child does first: the tests themselves may have been started with ``nohup``, and it inherits that."""
    return lambda: signal.signal(signal.SIGHUP, hangups)


def sample(folder, **options):
    command = [*EDGEKIT, "data", "sample", "letters"]
    return subprocess.Popen(command, cwd=folder, preexec_fn=handling(signal.SIG_DFL), **PIPES, **options)  # noqa: PLW1509


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("times", [1, 2])
def test_a_signal_ends_a_command_and_nothing_half_written_stays(tmp_path, number, times):
    with sample(tmp_path) as child:
        wait_until(lambda: writing(tmp_path), child)
        for _ in range(times):
            child.send_signal(number)
            time.sleep(0.02)
        _, err = child.communicate(timeout=LONG_S)
    assert child.returncode == 130
    assert err.startswith("error: interrupted")
    assert os.listdir(tmp_path) == []


def test_a_command_that_was_told_to_ignore_hangups_goes_on():
    wait = "from edgekit.cli.interrupts import hear_signals; hear_signals(); print('ready', flush=True); input()"
    command = [sys.executable, "-c", wait]
    for ignored in (True, False):
        prepare = handling(signal.SIG_IGN if ignored else signal.SIG_DFL)
        with subprocess.Popen(command, preexec_fn=prepare, stdin=subprocess.PIPE, **PIPES) as child:  # noqa: PLW1509
            assert child.stdout.readline() == "ready\n"
            child.send_signal(signal.SIGHUP)
            _, err = child.communicate("\n", timeout=LONG_S)
        assert (child.returncode == 0) is ignored
        assert ("KeyboardInterrupt" not in err) is ignored


# Writes a file as every command does, with temporary files led as every command leads them.
WRITE = """
from pathlib import Path
from edgekit.store.atomic import write_whole
from edgekit.store.scratch import scratch
with scratch():
    write_whole(Path("other"), b"data")
"""


def test_what_a_killed_command_left_goes_with_the_next_and_a_living_ones_stays(tmp_path):
    scratch, place = tmp_path / "tmp", tmp_path / "place"
    scratch.mkdir()
    place.mkdir()
    environment = {**os.environ, "TMPDIR": str(scratch)}
    write = [sys.executable, "-c", WRITE]
    with sample(place, env=environment) as child:
        wait_until(lambda: writing(place), child)
        child.send_signal(signal.SIGSTOP)  # it lives, however long the next takes
        subprocess.run(write, cwd=place, check=True, env=environment)
        assert writing(place)
        assert len(os.listdir(scratch)) == 1
        child.send_signal(signal.SIGKILL)
    assert writing(place)
    assert len(os.listdir(scratch)) == 1
    subprocess.run(write, cwd=place, check=True, env=environment)
    assert os.listdir(place) == ["other"]
    assert os.listdir(scratch) == []


@pytest.mark.parametrize("place", ["exported", "runs", "runs/mobilenet/checkpoints", "exported/mobilenet", "results"])
def test_any_command_removes_what_is_left_in_the_usual_places(tmp_path, place):
    left = tmp_path / place / ".name.partial-abc123_x"
    left.mkdir(parents=True)
    (left / "half").write_text("written")
    subprocess.run([*EDGEKIT, "networks"], cwd=tmp_path, check=True, **PIPES)
    assert not left.exists()
    assert left.parent.is_dir()
