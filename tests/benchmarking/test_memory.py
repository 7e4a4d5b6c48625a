"""The memory that this process holds, and held at most since the peak was forgotten."""

import sys

import numpy as np
import psutil
import pytest

from edgekit.benchmarking import memory
from edgekit.benchmarking.memory import forget_peak, peak_rss_bytes, rss_bytes

MIB = 1024 * 1024


def test_memory_that_was_given_back_is_in_the_peak_until_that_is_forgotten():
    before = rss_bytes()
    held = np.ones(200 * MIB, np.uint8)
    assert rss_bytes() > before + 150 * MIB
    del held
    assert before + 150 * MIB < peak_rss_bytes() < before + 100_000 * MIB
    if sys.platform == "linux":
        forget_peak()
        assert peak_rss_bytes() < before + 100 * MIB


def test_the_peak_is_what_linux_says_in_kibibytes(monkeypatch, tmp_path):
    (tmp_path / "status").write_text("VmPeak:\t  999 kB\nVmHWM:\t  123 kB\nVmRSS:\t 7 kB\n")
    monkeypatch.setattr(memory, "_STATUS", tmp_path / "status")
    assert peak_rss_bytes() == 123 * 1024


@pytest.mark.skipif(sys.platform == "win32", reason="has no such call")
def test_without_proc_the_peak_is_what_the_system_call_says(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "_STATUS", tmp_path / "none")
    monkeypatch.setattr(memory, "_CLEAR", tmp_path / "none" / "below")
    forget_peak()
    assert peak_rss_bytes() >= rss_bytes() * 0.9 > 10 * MIB


def test_what_is_not_told_is_nothing(monkeypatch):
    for error in (psutil.AccessDenied(), OSError("no /proc")):

        def refuse(*_, error=error):
            raise error

        monkeypatch.setattr(psutil, "Process", refuse)
        assert rss_bytes() == 0
