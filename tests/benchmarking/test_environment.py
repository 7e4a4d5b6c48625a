import subprocess
import sys
import time
from pathlib import Path

import psutil

from edgekit.benchmarking import environment as module
from edgekit.benchmarking.environment import environment
from edgekit.benchmarking.load import OtherPrograms, involuntary_switches


def refused(*_, **__):
    raise FileNotFoundError("/proc/anything")


def test_what_cannot_be_read_is_none(monkeypatch):
    whole = environment()
    for name in ("cpu_freq", "virtual_memory", "getloadavg", "cpu_count", "sensors_temperatures", "cpu_times", "Process"):
        monkeypatch.setattr(psutil, name, refused, raising=False)
    monkeypatch.setattr(module.cpuinfo, "get_cpu_info", refused)
    monkeypatch.setattr(module, "_CPUINFO", Path("/none"))
    told = environment()
    assert told.keys() == whole.keys()
    for name in ("cpu", "frequency_mhz", "memory_mb", "load_1min", "cores", "temperature_c"):
        assert told[name] is None
    assert (told["usable"], told["threads"], told["architecture"]) == (whole["usable"], whole["threads"], whole["architecture"])
    assert told["instructions"] == ""
    assert OtherPrograms().cores() is None
    assert involuntary_switches() == 0


def test_linux_tells_the_cpu_as_py_cpuinfo_does(monkeypatch, tmp_path):
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: A CPU @ 2 GHz\nflags\t\t: fpu avx2 avx512_vnni\n\nprocessor\t: 1\n")
    monkeypatch.setattr(module, "_CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(module.cpuinfo, "get_cpu_info", refused)
    told = environment()
    assert (told["cpu"], told["instructions"]) == ("A CPU @ 2 GHz", "avx2 avx512_vnni")


def test_another_program_that_keeps_a_core_busy_is_seen():
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        others = OtherPrograms()
        time.sleep(2)
        seen = others.cores()
        busy.kill()
    assert seen is None or seen > 0.25
