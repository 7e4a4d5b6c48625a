import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

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
    for name in ("cpu", "frequency_mhz", "memory_mb", "load_1min", "cores", "temperature_c"):
        assert getattr(told, name) is None
    assert (told.usable, told.threads, told.architecture) == (whole.usable, whole.threads, whole.architecture)
    assert told.instructions == ""
    assert OtherPrograms().cores() is None
    assert involuntary_switches() == 0


def test_linux_tells_the_cpu_as_py_cpuinfo_does(monkeypatch, tmp_path):
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: A CPU @ 2 GHz\nflags\t\t: fpu avx2 avx512_vnni\n\nprocessor\t: 1\n")
    monkeypatch.setattr(module, "_CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(module.cpuinfo, "get_cpu_info", refused)
    told = environment()
    assert (told.cpu, told.instructions) == ("A CPU @ 2 GHz", "avx2 avx512_vnni")


def test_another_program_that_keeps_a_core_busy_is_seen():
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        others = OtherPrograms()
        time.sleep(2)
        seen = others.cores()
        busy.kill()
    assert seen is None or seen > 0.25


def test_figures_are_those_of_the_system(monkeypatch, tmp_path):
    told = {
        "cpu_freq": SimpleNamespace(current=2599.6),
        "virtual_memory": SimpleNamespace(total=16_123_456_789),
        "getloadavg": (1.2345, 9.0, 9.0),
        "sensors_temperatures": {"a": [SimpleNamespace(current=40.0), SimpleNamespace(current=55.5)], "b": [SimpleNamespace(current=50.0)]},
        "cpu_count": 6,
    }
    for name, value in told.items():
        monkeypatch.setattr(psutil, name, lambda *_, value=value, **__: value, raising=False)
    (tmp_path / "cpu0/cpufreq").mkdir(parents=True)
    (tmp_path / "cpu0/cpufreq/scaling_governor").write_text("schedutil\n")
    (tmp_path / "cpuinfo").write_text("model name: A CPU: 2 GHz\nflags: avx2 hypervisor amx_int8\n")
    monkeypatch.setattr(module, "_CPU", tmp_path)
    monkeypatch.setattr(module, "_CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(module.os, "sched_getaffinity", lambda process: {3, 0, 11}, raising=False)
    found = environment()
    wanted = {
        "frequency_mhz": 2600,
        "memory_mb": 16_123,
        "load_1min": 1.23,
        "temperature_c": 55.5,
        "cores": 6,
        "governor": "schedutil",
        "virtual": True,
    }
    assert {name: getattr(found, name) for name in wanted} == wanted
    assert (found.cpu, found.instructions, found.affinity) == ("A CPU: 2 GHz", "avx2 amx_int8", "0,3,11")
    assert found.numpy == np.__version__
    (tmp_path / "cpuinfo").write_text("model name: A CPU\nflags: avx2\n")
    assert environment().virtual is False


@pytest.mark.parametrize(
    ("files", "turbo"),
    [
        ({}, None),
        ({"intel_pstate/no_turbo": "0\n"}, True),
        ({"intel_pstate/no_turbo": "1\n"}, False),
        ({"cpufreq/boost": "1"}, True),
        ({"cpufreq/boost": "0"}, False),
    ],
)
def test_whether_the_clock_may_rise(monkeypatch, tmp_path, files, turbo):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(module, "_CPU", tmp_path)
    assert environment().turbo is turbo


def test_elsewhere_py_cpuinfo_tells_the_cpu_in_linuxs_words(monkeypatch):
    monkeypatch.setattr(module, "_CPUINFO", Path("/none"))
    monkeypatch.setattr(module.cpuinfo, "get_cpu_info", lambda: {"brand_raw": "A CPU", "flags": ["avx512vnni", "avx512bf16", "avx2"]})
    told = environment()
    assert (told.cpu, told.instructions) == ("A CPU", "avx2 avx512_vnni avx512_bf16")
