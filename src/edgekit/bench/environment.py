"""The machine that a measurement was taken on, as far as it can be read."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import cpuinfo
import psutil

from edgekit.runtimes.cpu import usable_threads
from edgekit.store.versions import package_version

Environment = dict[str, str | int | float | bool | None]

_CPU = Path("/sys/devices/system/cpu")
_INSTRUCTIONS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_int8", "asimd", "asimddp", "i8mm")


def environment() -> Environment:
    """Return what could disturb or explain a latency; ``None`` where it cannot be read."""
    cpu = cpuinfo.get_cpu_info()
    flags = set(cpu.get("flags", ()))
    frequency = psutil.cpu_freq()
    return {
        "cpu": cpu.get("brand_raw"),
        "architecture": platform.machine(),
        "instructions": " ".join(name for name in _INSTRUCTIONS if name in flags),
        "cores": psutil.cpu_count(logical=False),
        "threads": psutil.cpu_count(),
        "usable": usable_threads(),
        "affinity": ",".join(str(core) for core in sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else None,
        "governor": _text(_CPU / "cpu0/cpufreq/scaling_governor"),
        "turbo": _turbo(),
        "frequency_mhz": round(frequency.current) if frequency else None,
        "load_1min": round(psutil.getloadavg()[0], 2),
        "temperature_c": _temperature(),
        "cgroup_cpu": _text(Path("/sys/fs/cgroup/cpu.max")),
        "virtual": "hypervisor" in flags,
        "memory_mb": psutil.virtual_memory().total // 1_000_000,
        "os": platform.platform(),
        "python": platform.python_version(),
        "numpy": package_version("numpy"),
    }


def _text(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except OSError:
        return None


def _turbo() -> bool | None:
    no_turbo, boost = _text(_CPU / "intel_pstate/no_turbo"), _text(_CPU / "cpufreq/boost")
    return no_turbo == "0" if no_turbo is not None else boost == "1" if boost is not None else None


def _temperature() -> float | None:
    sensors = psutil.sensors_temperatures() if hasattr(psutil, "sensors_temperatures") else {}
    readings = [sensor.current for group in sensors.values() for sensor in group]
    return max(readings, default=None)
