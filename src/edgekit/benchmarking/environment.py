"""The machine that a measurement was taken on, as far as it can be read."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cpuinfo
import psutil

from edgekit.host.cpu import usable_threads
from edgekit.host.versions import package_version
from edgekit.spec.environment import Environment

if TYPE_CHECKING:
    from collections.abc import Callable

_CPU, _CPUINFO = Path("/sys/devices/system/cpu"), Path("/proc/cpuinfo")
# What py-cpuinfo calls otherwise, where it asks the CPU itself.
_LINUX_NAMES = {"avx512vnni": "avx512_vnni", "avx512bf16": "avx512_bf16"}
_INSTRUCTIONS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_int8", "asimd", "asimddp", "i8mm")


def environment() -> Environment:
    """Return what could disturb or explain a latency; ``None`` where it cannot be read: there may be no ``/proc``."""
    name, flags = _cpu()
    frequency, memory = _asked(psutil.cpu_freq), _asked(psutil.virtual_memory)
    load = _asked(psutil.getloadavg)
    return Environment(
        cpu=name,
        architecture=platform.machine(),
        instructions=" ".join(name for name in _INSTRUCTIONS if name in flags),
        cores=_asked(lambda: psutil.cpu_count(logical=False)),
        threads=os.cpu_count(),
        usable=usable_threads(),
        affinity=",".join(str(core) for core in sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else None,
        governor=_text(_CPU / "cpu0/cpufreq/scaling_governor"),
        turbo=_turbo(),
        frequency_mhz=round(frequency.current) if frequency else None,
        load_1min=round(load[0], 2) if load else None,
        temperature_c=_temperature(),
        cgroup_cpu=_text(Path("/sys/fs/cgroup/cpu.max")),
        virtual="hypervisor" in flags,
        memory_mb=memory.total // 1_000_000 if memory else None,
        os=platform.platform(),
        python=platform.python_version(),
        numpy=package_version("numpy"),
    )


def _cpu() -> tuple[str | None, frozenset[str]]:
    """Return what the CPU calls itself, and its instructions: as Linux tells them, else what py-cpuinfo finds out in a second."""
    lines = [line.partition(":") for line in (_text(_CPUINFO) or "").splitlines()]
    known = {key.strip(): value.strip() for key, _, value in reversed(lines)}
    if "model name" in known and "flags" in known:
        return known["model name"], frozenset(known["flags"].split())
    found = _asked(cpuinfo.get_cpu_info) or {}
    return found.get("brand_raw"), frozenset(_LINUX_NAMES.get(flag, flag) for flag in found.get("flags", ()))


def _asked(question: Callable[[], Any]) -> Any:
    """Return an answer, or ``None``: each operating system, and each container, refuses in its own way."""
    try:
        return question()
    except Exception:
        return None


def _text(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except OSError:
        return None


def _turbo() -> bool | None:
    no_turbo, boost = _text(_CPU / "intel_pstate/no_turbo"), _text(_CPU / "cpufreq/boost")
    return no_turbo == "0" if no_turbo is not None else boost == "1" if boost is not None else None


def _temperature() -> float | None:
    sensors = (_asked(psutil.sensors_temperatures) if hasattr(psutil, "sensors_temperatures") else None) or {}
    readings = [sensor.current for group in sensors.values() for sensor in group]
    return max(readings, default=None)
