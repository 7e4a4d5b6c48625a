"""What LiteRT and its predecessor tflite-runtime share: the same interpreter under two packages' names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgekit.runtimes.base import Session, cannot_open

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    import numpy as np
    from numpy.typing import NDArray

    from edgekit.store.bundle import Artifact


class InterpreterSession(Session):
    """An interpreter that follows the size of the images it is given: another size than the last one's costs a new allocation."""

    failures = (ValueError, RuntimeError)

    def __init__(self, interpreter: Any) -> None:
        self._interpreter = interpreter
        self._interpreter.allocate_tensors()
        details = self._interpreter.get_input_details()[0]
        self._input = details["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]
        self._shape: tuple[int, ...] = tuple(details["shape"])

    @classmethod
    def open(cls, interpreter: Callable[..., Any], artifact: Artifact, threads: int) -> Self:
        """Open a TFLite file with a package's ``interpreter`` and ``threads`` threads."""
        try:
            return cls(interpreter(model_path=str(artifact.path), num_threads=threads))
        except cls.failures as error:
            raise cannot_open(cls.title, artifact, error) from error

    def put(self, image: NDArray[np.uint8]) -> None:
        """Copy one image in."""
        if image.shape != self._shape:
            self._shape = ()  # until there is memory for it: an image that is too large must not spoil the next
            self._interpreter.resize_tensor_input(self._input, image.shape, strict=True)
            self._interpreter.allocate_tensors()
            self._shape = image.shape
        self._interpreter.set_tensor(self._input, image)

    def invoke(self) -> None:
        """Compute."""
        self._interpreter.invoke()

    def take(self) -> NDArray[np.float32]:
        """Copy the scores out."""
        scores: NDArray[np.float32] = self._interpreter.get_tensor(self._output)
        return scores
