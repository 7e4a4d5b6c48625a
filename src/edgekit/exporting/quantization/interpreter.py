"""TFLite graphs run by LiteRT while a file is being made: asked what they answer, and what each of their layers gives."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from numpy.typing import NDArray


def opened(data: bytes, shape: tuple[int, ...], *, keep: bool = True) -> Interpreter:
    """Return an interpreter of the graph for an image of this shape, which may ``keep`` what every layer answers.

    To do so it computes as LiteRT does without XNNPACK, which in int8 rounds in another way here and there.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that keeping all tensors is for looking into a graph
        interpreter = Interpreter(model_content=data, num_threads=1, experimental_preserve_all_tensors=keep)
    interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], shape, strict=True)
    interpreter.allocate_tensors()
    return interpreter


def activations(interpreter: Interpreter, image: NDArray[np.uint8], only: Collection[str] = ()) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Run the graph; give the name and the values of every tensor, or of ``only`` some, as float32, what is quantised turned back."""
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
    interpreter.invoke()
    for details in interpreter.get_tensor_details():
        if only and details["name"] not in only:
            continue
        try:
            values = interpreter.get_tensor(details["index"])
        except ValueError:  # a temporary of a kernel has no data
            continue
        yield details["name"], in_float(values, *details["quantization"])


def in_float(values: NDArray[Any], scale: float, zero: int) -> NDArray[np.float32]:
    """Return what stored values stand for; where there is no ``scale``, they stand for themselves."""
    return (values.astype(np.float32) - np.float32(zero)) * np.float32(scale) if scale else values.astype(np.float32)
