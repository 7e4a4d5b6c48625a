"""ONNX Runtime on the CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnxruntime as ort

from edgekit.errors import SessionError
from edgekit.runtimes.cpu import saturates_8_bit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgekit.store.bundle import Artifact

_ERRORS_ONLY = 3
# On x86 without VNNI, ONNX Runtime's default kernels for 8-bit products saturate their 16-bit sums: MobileNet int8 then
# agrees with the trained model on a fifth of the images. This option takes exact kernels. With VNNI it changes no answer,
# and costs half as much time again.
_EXACT_8_BIT = ("session.x64quantprecision", "1")


class OnnxRuntimeSession:
    """An inference session on the CPU provider alone."""

    def __init__(self, artifact: Artifact, threads: int) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        if saturates_8_bit():
            options.add_session_config_entry(*_EXACT_8_BIT)
        self._session = ort.InferenceSession(str(artifact.path), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name
        self._outputs = [self._session.get_outputs()[0].name]

    def run(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Answer one image of any size that the file accepts."""
        try:
            scores: NDArray[np.float32] = self._session.run(self._outputs, {self._input: image})[0]
        # onnxruntime's exceptions share no base of their own.
        except Exception as error:
            raise SessionError(f"ONNX Runtime failed on an image of {image.shape}: {' '.join(str(error).split())}") from error
        return scores


def open_session(artifact: Artifact, threads: int) -> OnnxRuntimeSession:
    """Open an ONNX file with ``threads`` threads."""
    try:
        return OnnxRuntimeSession(artifact, threads)
    except Exception as error:  # as above
        raise SessionError(f"ONNX Runtime cannot open {artifact.path}: {' '.join(str(error).split())}", hint="`edgekit verify` tells more") from error
