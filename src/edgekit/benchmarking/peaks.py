"""What one thread of this machine can do at most: float32 and int8 products, and a copy. In a process of its own.

Run as ``python -m edgekit.benchmarking.peaks`` it answers with `Peaks` as JSON.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from edgekit.benchmarking.product import integer_product
from edgekit.errors import EdgekitError
from edgekit.host.child import ask, end_with_parent
from edgekit.store.measurement import Peaks

if TYPE_CHECKING:
    from collections.abc import Callable

SIDE = 1024
COPY_BYTES = 256 * 1024 * 1024
_SECONDS = 1.5
_LONGEST_S = 120
# NumPy's BLAS reads one of these when it is loaded, so they are set before the process starts.
_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1")


def measure_peaks() -> Peaks:
    """Measure this machine's peaks in a child process of one thread."""
    command = [sys.executable, "-m", "edgekit.benchmarking.peaks"]
    try:
        return msgspec.json.decode(ask(command, limit_s=_LONGEST_S, env=os.environ | _ONE_THREAD).out, type=Peaks)
    except (OSError, subprocess.TimeoutExpired, msgspec.MsgspecError) as error:
        raise EdgekitError(f"the machine's peaks could not be measured ({type(error).__name__})", hint="leave --roofline out") from error


def _peaks() -> Peaks:
    random = np.random.default_rng(0)
    left, right = (random.standard_normal((SIDE, SIDE), np.float32) for _ in range(2))
    source = np.ones(COPY_BYTES, np.uint8)
    target = np.empty_like(source)
    integers = integer_product(SIDE)
    return Peaks(
        float32=SIDE**3 / _fastest_s(lambda: np.matmul(left, right)),
        int8=SIDE**3 / _fastest_s(integers) if integers else None,
        # Read once and written once.
        bandwidth=2 * COPY_BYTES / _fastest_s(lambda: np.copyto(target, source)),
    )


def _fastest_s(call: Callable[[], object]) -> float:
    """Return the least time of a call: a peak is what nothing disturbed."""
    fastest, begun = float("inf"), time.perf_counter()
    while time.perf_counter() - begun < _SECONDS:
        start = time.perf_counter()
        call()
        fastest = min(fastest, time.perf_counter() - start)
    return fastest


if __name__ == "__main__":
    end_with_parent()
    sys.stdout.buffer.write(msgspec.json.encode(_peaks()))
