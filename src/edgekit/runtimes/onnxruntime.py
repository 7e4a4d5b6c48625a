"""ONNX Runtime on the CPU."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import onnxruntime as ort

from edgekit.host.cpu import saturates_8_bit
from edgekit.runtimes.base import Session, cannot_open
from edgekit.store.operators import OperatorTime, typical_times

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from edgekit.store.bundle import Artifact

_ERRORS_ONLY = 3
# On x86 without VNNI, ONNX Runtime's default kernels for 8-bit products saturate their 16-bit sums: MobileNet with weights of
# eight bits then answers wrongly. This option takes exact kernels. With VNNI it changes no answer, and costs half as much
# time again.
_EXACT_8_BIT = ("session.x64quantprecision", "1")


class OnnxRuntimeSession(Session):
    """An inference session on the CPU provider alone. It reads the image's own memory: nothing is copied in."""

    title = "ONNX Runtime"
    # onnxruntime's exceptions share no base of their own.
    failures = (Exception,)
    concurrent = True

    def __init__(self, artifact: Artifact, options: ort.SessionOptions) -> None:
        self._session = ort.InferenceSession(str(artifact.path), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name
        self._outputs = [self._session.get_outputs()[0].name]
        self._feed: dict[str, NDArray[np.uint8]] = {}
        self._scores: NDArray[np.float32]

    def put(self, image: NDArray[np.uint8]) -> None:
        """Name the input."""
        self._feed = {self._input: image}

    def invoke(self) -> None:
        """Compute; the output is new memory each time."""
        self._scores = self._session.run(self._outputs, self._feed)[0]

    def take(self) -> NDArray[np.float32]:
        """Hand the scores over."""
        return self._scores

    def end_profiling(self) -> Path:
        """Return the file that the profile was written to."""
        return Path(self._session.end_profiling())


def open_session(artifact: Artifact, threads: int) -> OnnxRuntimeSession:
    """Open an ONNX file with ``threads`` threads."""
    return _opened(artifact, _options(artifact, threads))


def profile(artifact: Artifact, threads: int, images: Sequence[NDArray[np.uint8]]) -> tuple[OperatorTime, ...]:
    """Return each operator's time, by ONNX Runtime's own profiler."""
    with tempfile.TemporaryDirectory() as folder:
        options = _options(artifact, threads)
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(folder) / "profile")
        session = _opened(artifact, options)
        for image in images:
            session.run(image)
        events = msgspec.json.decode(session.end_profiling().read_bytes())
    return typical_times(_operators(events))


def _operators(events: Sequence[dict[str, Any]]) -> Iterator[OperatorTime]:
    """Yield the operators of all images in the order of execution; durations come in microseconds.

    An If's is that of its branch, whose operators are among them.
    """
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time") and event["args"]["op_name"] != "If":
            yield OperatorTime(name=event["name"].removesuffix("_kernel_time"), type=event["args"]["op_name"], time_ns=1000 * event["dur"])


def _options(artifact: Artifact, threads: int) -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    if artifact.contract.may_saturate and saturates_8_bit():
        options.add_session_config_entry(*_EXACT_8_BIT)
    return options


def _opened(artifact: Artifact, options: ort.SessionOptions) -> OnnxRuntimeSession:
    try:
        return OnnxRuntimeSession(artifact, options)
    except OnnxRuntimeSession.failures as error:
        raise cannot_open(OnnxRuntimeSession.title, artifact, error) from error
