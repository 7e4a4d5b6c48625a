"""LiteRT (PyPI ai-edge-litert), the successor of tflite-runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_edge_litert.interpreter import Interpreter

from edgekit.errors import SessionError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgekit.store.bundle import Artifact


class LiteRTSession:
    """An interpreter that follows the size of the images it is given."""

    def __init__(self, artifact: Artifact, threads: int) -> None:
        self._interpreter = Interpreter(model_path=str(artifact.path), num_threads=threads)
        self._interpreter.allocate_tensors()
        details = self._interpreter.get_input_details()[0]
        self._input = details["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]
        self._shape = tuple(details["shape"])

    def run(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Answer one image; a size that differs from the last one's costs a new allocation."""
        try:
            if image.shape != self._shape:
                self._interpreter.resize_tensor_input(self._input, image.shape, strict=True)
                self._interpreter.allocate_tensors()
                self._shape = image.shape
            self._interpreter.set_tensor(self._input, image)
            self._interpreter.invoke()
        except (ValueError, RuntimeError) as error:
            raise SessionError(f"LiteRT failed on an image of {image.shape}: {' '.join(str(error).split())}") from error
        scores: NDArray[np.float32] = self._interpreter.get_tensor(self._output)
        return scores


def open_session(artifact: Artifact, threads: int) -> LiteRTSession:
    """Open a TFLite file with ``threads`` threads."""
    try:
        return LiteRTSession(artifact, threads)
    except (ValueError, RuntimeError) as error:
        raise SessionError(f"LiteRT cannot open {artifact.path}: {' '.join(str(error).split())}", hint="`edgekit verify` tells more") from error
