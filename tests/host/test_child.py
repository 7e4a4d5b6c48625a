"""A child ends with its parent, whatever ended that: real processes, and a real SIGKILL."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edgekit.host import child

# Tells its process id, and would stay for minutes.
CHILD = """
import os, sys, time
from pathlib import Path
from edgekit.host.child import end_with_parent
end_with_parent()
Path(sys.argv[1]).write_text(str(os.getpid()))
time.sleep(300)
"""
PARENT = """
import sys
from edgekit.host import child
if sys.argv[3] == "pipe":
    child._prepared = lambda memory_bytes: None
child.ask([sys.executable, "-c", sys.argv[1], sys.argv[2]], limit_s=300)
"""
LONG_S = 60


def wait_until(true):
    begun = time.monotonic()
    while not true():
        assert time.monotonic() - begun < LONG_S
        time.sleep(0.02)


def gone(pid):
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("way", ["kernel", "pipe"])
def test_a_child_ends_when_its_parent_was_killed(tmp_path, way):
    told = tmp_path / "pid"
    with subprocess.Popen([sys.executable, "-c", PARENT, CHILD, str(told), way]) as parent:
        wait_until(lambda: told.exists() and told.read_text())
        parent.send_signal(signal.SIGKILL)
    wait_until(lambda: gone(int(told.read_text())))


def test_a_child_answers():
    echo = "import sys; data = sys.stdin.buffer.read(); print(len(data)); sys.stderr.write('noise'); sys.exit(3)"
    ended = child.ask([sys.executable, "-c", echo], bytes(300_000), limit_s=LONG_S)
    assert (ended.status, ended.out.strip(), ended.err) == (3, b"300000", b"noise")


def test_a_child_that_takes_too_long_is_ended(tmp_path):
    told = tmp_path / "pid"
    write = f"import os, pathlib, time; pathlib.Path({str(told)!r}).write_text(str(os.getpid())); time.sleep(300)"
    with pytest.raises(subprocess.TimeoutExpired):
        child.ask([sys.executable, "-c", write], limit_s=3)
    assert not told.exists() or gone(int(told.read_text()))


def test_what_is_no_program_is_an_error_of_the_operating_system():
    with pytest.raises(OSError, match="no-such-program"):
        child.ask(["/no-such-program"], limit_s=LONG_S)
