"""OpenVINO as it computes by default where the CPU has bfloat16: with 8 bits of mantissa. Not float32, so a runtime of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openvino as ov

from edgekit.errors import SessionError
from edgekit.runtimes.openvino import OpenVinoSession, opened, profiled

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from edgekit.store.bundle import Artifact
    from edgekit.store.operators import OperatorTime

_BFLOAT16 = "bf16"


def open_session(artifact: Artifact, threads: int) -> OpenVinoSession:
    """Open a file with ``threads`` threads in bfloat16, on a CPU that has it."""
    _check()
    return opened(artifact, threads, precision=_BFLOAT16)


def profile(artifact: Artifact, threads: int, images: Sequence[NDArray[np.uint8]]) -> tuple[OperatorTime, ...]:
    """Return each operator's time, by OpenVINO's own counters."""
    _check()
    return profiled(artifact, threads, images, precision=_BFLOAT16)


def _check() -> None:
    """Elsewhere OpenVINO would emulate bfloat16, or compute in float32: a figure of neither."""
    able = ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if "BF16" not in able:
        raise SessionError(f"this CPU does not compute in bfloat16. Received: {', '.join(able)}", hint="--runtime openvino computes in float32")
