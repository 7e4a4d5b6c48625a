"""What edgekit leaves on a machine, and whom it calls: with another home, in an empty network namespace, each system call watched."""

import os
import re
import shutil
import subprocess
import sys

import pytest

WATCHED = "trace=connect,sendto,sendmsg,sendmmsg"
HERE = re.compile(r"AF_UNIX|AF_NETLINK|AF_UNSPEC|inet_addr\(\"127\.|\"::1\"")
RECIPE = "image_px = 32\nwidth = 0.25\nepochs = 1\n"


def alone():
    """What runs a command without a network, where this user may."""
    for command in (["unshare", "-n"], ["unshare", "-rn"]):
        if shutil.which("unshare") and subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
            return command
    return None


def watched(log):
    """What writes down whom a command calls, where that is there."""
    command = ["strace", "-f", "-qq", "-e", WATCHED, "-o", str(log)]
    if shutil.which("strace") and subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
        return command
    return []


@pytest.fixture
def at_home(tmp_path):
    """Runs a command of edgekit with a home of its own and returns where it left files, and whom it called."""
    if sys.platform != "linux" or not alone():
        pytest.skip("this user may not make a network namespace")
    home, rest, log = tmp_path / "home", tmp_path / "tmp", tmp_path / "calls"
    for folder in (home, rest, tmp_path / "work"):
        folder.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "KERAS_", "MPL", "ORT_", "PYTEST_"))}

    def run(*arguments):
        command = [*alone(), *watched(log), sys.executable, "-m", "edgekit", *map(str, arguments)]
        env = kept | {"HOME": str(home), "TMPDIR": str(rest)}
        done = subprocess.run(command, cwd=tmp_path / "work", env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        files = [path for folder in (home, rest) for path in folder.rglob("*") if not path.is_dir()]
        left = [path.relative_to(tmp_path).as_posix() for path in files if not path.is_relative_to(home / ".cache" / "edgekit")]
        calls = log.read_text().splitlines() if log.exists() else []
        return left, [line for line in calls if "AF_" in line and not HERE.search(line)]

    return run


def test_what_opens_a_model_leaves_nothing_and_calls_nobody(at_home, exported):
    file, golden = exported.folder.absolute() / "mobilenet-int8.onnx", exported.folder.absolute() / "golden"
    assert at_home("verify", file) == ([], [])
    assert at_home("predict", file, golden / "00.png") == ([], [])
    assert at_home("bench", file, "--images", golden, "--budget", "smoke", "--runtime", "openvino") == ([], [])


@pytest.mark.sweep
def test_the_whole_way_leaves_nothing_and_calls_nobody(at_home, small_folder, tmp_path):
    (tmp_path / "work" / "tiny.toml").write_text(RECIPE)
    assert at_home("train", small_folder, "--recipe", "tiny.toml") == ([], [])
    assert at_home("export", "--precision", "float32") == ([], [])
    for command in (["verify"], ["verify", "--clients"], ["bench", "--budget", "smoke", "--roofline"], ["report"], ["doctor"]):
        assert at_home(*command) == ([], []), command
    assert {path.name for path in (tmp_path / "work").iterdir()} == {"tiny.toml", "runs", "exported", "results"}
