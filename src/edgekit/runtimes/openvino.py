"""OpenVINO on the CPU, in float32. It opens TFLite and ONNX files."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec
import openvino as ov

from edgekit.host.cpu import saturates_8_bit
from edgekit.runtimes.base import Session, cannot_open
from edgekit.store.operators import OperatorTime, typical_times

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from edgekit.store.bundle import Artifact

FLOAT32 = "f32"
# On x86 without VNNI, OpenVINO's 8-bit kernels saturate their 16-bit sums: MobileNet int8 from TFLite then agreed with the
# trained model on 84 % of the golden images. Without its low-precision transformations it computes 8-bit files in float32,
# and the answers are right. Weights of seven bits leave the sums room.
_NO_8_BIT = ("LP_TRANSFORMS_MODE", "NO")
# Of so many rounds the middle half counts: one that something else interrupted does not.
_ROUNDS = 4


class OpenVinoSession(Session):
    """A compiled model with one inference request."""

    title = "OpenVINO"
    failures = (RuntimeError, TypeError, ValueError)

    def __init__(self, model: ov.Model, settings: dict[str, Any]) -> None:
        self._request = ov.Core().compile_model(model, "CPU", settings).create_infer_request()

    def put(self, image: NDArray[np.uint8]) -> None:
        """Copy one image in."""
        self._request.set_input_tensor(ov.Tensor(image))

    def invoke(self) -> None:
        """Compute."""
        self._request.infer()

    def take(self) -> NDArray[np.float32]:
        """Copy the scores out."""
        scores: NDArray[np.float32] = self._request.get_output_tensor().data.copy()
        return scores

    def operators(self) -> tuple[OperatorTime, ...]:
        """Return the operators in the order of execution, each with its mean time since the session was opened to count them.

        OpenVINO tells whole microseconds: of an operator that takes less, as of one that is part of another, it tells 0.
        """
        return tuple(
            OperatorTime(name=entry.node_name, type=entry.node_type, time_ns=round(entry.real_time.total_seconds() * 1e9))
            for entry in self._request.profiling_info
        )


def open_session(artifact: Artifact, threads: int) -> OpenVinoSession:
    """Open a file with ``threads`` threads in float32, which is not OpenVINO's default where the CPU has bfloat16."""
    return opened(artifact, threads, precision=FLOAT32)


def profile(artifact: Artifact, threads: int, images: Sequence[NDArray[np.uint8]]) -> tuple[OperatorTime, ...]:
    """Return each operator's time, by OpenVINO's own counters."""
    return profiled(artifact, threads, images, precision=FLOAT32)


def opened(artifact: Artifact, threads: int, *, precision: str, count: bool = False) -> OpenVinoSession:
    """Open a file that computes in ``precision`` (OpenVINO's word: f32, bf16); ``count`` counts each operator's time."""
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "PERF_COUNT": count,
        # Bound to cores, as by default, the threads of all sessions are on the same ones: two sessions of one thread take turns.
        # A session alone is as fast without (MobileNet 1.2: 11.39 ms either way).
        "ENABLE_CPU_PINNING": False,
        **(dict([_NO_8_BIT]) if saturates_8_bit() and not artifact.contract.narrow_weights else {}),
    }
    try:
        model = ov.Core().read_model(str(artifact.path))
        # A TFLite file of any size says its preferred one in its static shape.
        if -1 in artifact.contract.input.shape:
            model.reshape(list(artifact.contract.input.shape))
        return OpenVinoSession(model, settings)
    except OpenVinoSession.failures as error:
        raise cannot_open(OpenVinoSession.title, artifact, error) from error


def profiled(artifact: Artifact, threads: int, images: Sequence[NDArray[np.uint8]], *, precision: str) -> tuple[OperatorTime, ...]:
    """Return each operator's time in ``precision``; the first round of the images prepares things, and does not count."""
    session = opened(artifact, threads, precision=precision, count=True)
    means = []
    for _ in range(1 + _ROUNDS):
        for image in images:
            session.run(image)
        means.append(session.operators())
    return tuple(operator for operator in typical_times(later_rounds(means)) if operator.time_ns)


def later_rounds(means: Sequence[Sequence[OperatorTime]]) -> Iterator[OperatorTime]:
    """Yield the operators' times in each round but the first, by their mean times since the beginning at the end of every round.

    Means of whole microseconds: in the fifth round a time is up to 5 µs off.
    """
    for rounds, (before, now) in enumerate(pairwise(means), start=1):
        for earlier, operator in zip(before, now, strict=True):
            yield msgspec.structs.replace(operator, time_ns=max((rounds + 1) * operator.time_ns - rounds * earlier.time_ns, 0))
