"""The range of every tensor of a float32 TFLite graph over calibration images: what int8 is quantised by.

TensorFlow's own calibrator does without XNNPACK, and takes five times as long; and it reads some tensors after the next
operator has written over them: a centred image's own range it takes for -215 to 255, so that a pixel's step is almost two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgekit.errors import ExportError
from edgekit.exporting.quantization.interpreter import opened
from edgekit.exporting.tflite.operator import Kind
from edgekit.host.cpu import sessions_of
from edgekit.host.threads import shared

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from edgekit.exporting.tflite.model import TFLiteModel


def calibrate(model: TFLiteModel, images: Sequence[NDArray[np.uint8]]) -> None:
    """Note in a float32 model the range of every tensor over ``images``, uint8 (1, height, width, 3), all of one size.

    Raises:
        ExportError: LiteRT cannot run the graph.

    """
    given, followed = model.outputs, _followed(model)
    computed = {number for operator in model.operators for number in operator.outputs if model.tensors[number].dtype == np.float32}
    watched = sorted(computed - followed.keys())
    model.outputs = watched
    open_graph = model.to_bytes()
    model.outputs = given
    threads = min(sessions_of(len(open_graph)), len(images))
    try:
        found = shared(images, threads, lambda share: _ranges(open_graph, share, images[0].shape))
    except (RuntimeError, ValueError) as error:
        raise ExportError(
            f"LiteRT cannot run what is to be quantised: {' '.join(str(error).split())[:300]}",
            hint="--precision float32 asks for no ranges",
        ) from error
    lows, highs = np.min([low for low, _ in found], axis=0), np.max([high for _, high in found], axis=0)
    ranges = dict(zip(watched, zip(lows, highs, strict=True), strict=True))
    for tensor, (source, slope) in followed.items():  # in the order in which they run: a source comes first
        ranges[tensor] = tuple(value if value > 0 else value * slope for value in ranges[source])
    for tensor, (low, high) in ranges.items():
        model.tensors[tensor].range = float(low), float(high)


def _followed(model: TFLiteModel) -> dict[int, tuple[int, np.float32]]:
    """Return what a rising Leaky ReLU gives, with what it reads and its slope: its range follows from that one, and need not be looked for."""
    rising = (operator for operator in model.operators_of(Kind.LEAKY_RELU) if operator.options.alpha >= 0)
    return {operator.output: (operator.inputs[0], np.float32(operator.options.alpha)) for operator in rising}


def _ranges(data: bytes, images: Iterator[NDArray[np.uint8]], shape: tuple[int, ...]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the least and the greatest value of each of the graph's outputs."""
    interpreter = opened(data, shape, keep=False)
    image_input = interpreter.get_input_details()[0]["index"]
    outputs = [interpreter.tensor(details["index"]) for details in interpreter.get_output_details()]
    lows, highs = [], []
    for image in images:
        interpreter.set_tensor(image_input, image)
        interpreter.invoke()
        lows.append([output().min() for output in outputs])
        highs.append([output().max() for output in outputs])
    return np.min(lows, axis=0), np.max(highs, axis=0)
