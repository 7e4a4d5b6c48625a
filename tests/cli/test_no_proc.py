"""A container without /proc: everything that can be told is."""

import json
import subprocess
import sys

import pytest

HIDE = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh"]


def hidden(*arguments):
    try:
        able = subprocess.run([*HIDE, "test", "!", "-e", "/proc/self"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        able = False
    if not able:
        pytest.skip("hiding /proc takes unshare, and rights to mount")
    return subprocess.run([*HIDE, sys.executable, "-m", "edgekit", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=300)


def test_doctor_tells_what_can_be_told():
    done = hidden("doctor", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["machine"]["usable"] >= 1
    assert told["machine"]["memory_mb"] is None
    assert all(not part["missing"] for part in told["parts"] if part["purpose"].startswith("run"))
    assert hidden("doctor").returncode == 0


def test_bench_measures(exported, tmp_path):
    done = hidden("bench", exported.folder / "mobilenet-float32.tflite", "--images", exported.folder / "golden", "--runtime", "fake",
                  "--budget", "smoke", "--out", tmp_path / "a.jsonl", "--json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)["rows"]
    assert row["p50_ns"] > 0
    assert row["rss_bytes"] is None
    assert row["errors"] == []
