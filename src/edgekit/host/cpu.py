"""What this CPU can do, as far as settings depend on it."""

from __future__ import annotations

import os
import platform
from functools import cache
from pathlib import Path

_X86 = frozenset({"x86_64", "AMD64", "i386", "i686", "x86"})
_VNNI = frozenset({"avx512_vnni", "avx_vnni"})
_SESSIONS_BYTES = 2 * 1024**3
_FLAGS = Path("/proc/cpuinfo")

WITHOUT_VNNI = (
    "this x86 CPU has no VNNI instructions, as far as can be read: an app that opens an int8 ONNX file with weights of eight bits "
    "(those by the portable tuning have seven) by itself must set ONNX Runtime's session.x64quantprecision to 1"
)


def usable_threads() -> int:
    """Return how many of the CPU's threads this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def cpu_name() -> str:
    """Return what the CPU calls itself, or its architecture where it cannot be asked."""
    import cpuinfo  # which starts processes when it is imported

    try:
        found = cpuinfo.get_cpu_info()
    except Exception:  # where there is no /proc, as some containers are
        found = {}
    return str(found.get("brand_raw") or platform.machine())


def sessions_of(model_bytes: int) -> int:
    """Return how many sessions of one thread to keep open side by side: one for each thread, while their weights find room."""
    return max(1, min(usable_threads(), _SESSIONS_BYTES // max(1, model_bytes)))


@cache
def saturates_8_bit() -> bool:
    """Return whether products of unsigned and signed 8-bit numbers may saturate: x86 without VNNI, or x86 that cannot be asked."""
    return platform.machine() in _X86 and not _VNNI & _flags()


def _flags() -> set[str]:
    try:
        text = _FLAGS.read_text()
    except OSError:
        return set()
    return next((set(line.split()) for line in text.splitlines() if line.startswith("flags")), set())
