"""The image as an int8 TFLite model takes it: pixels are steps already, so nothing need be cast to float and back.

TensorFlow Lite for Microcontrollers has no CAST of uint8; a QUANTIZE from uint8 to int8 every runtime has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgekit.exporting.tflite.operator import Kind
from edgekit.exporting.tflite.tensor import Quantization

if TYPE_CHECKING:
    from edgekit.exporting.tflite.model import TFLiteModel

# uint8 pixels and the same numbers in int8: both count in steps of one.
_PIXELS, _SHIFTED = (1.0, 0), (1.0, -128)


def quantise_image(model: TFLiteModel) -> None:
    """Let one QUANTIZE read the image where a CAST to float and a QUANTIZE back to the same 256 numbers did. Exact.

    A model that begins in another way is left alone.
    """
    [image] = model.inputs
    readers = model.readers(image)
    if [operator.kind for operator in readers] != [Kind.CAST]:
        return
    [cast] = readers
    followers = model.readers(cast.output)
    if [operator.kind for operator in followers] != [Kind.QUANTIZE]:
        return
    [quantise] = followers
    steps = model.tensors[quantise.output]
    if steps.dtype != np.int8 or (float(steps.quantization.scales[0]), int(steps.quantization.zero_points[0])) != _SHIFTED:
        return
    scale, zero_point = _PIXELS
    model.tensors[image].quantization = Quantization(np.array([scale], np.float32), np.array([zero_point], np.int64))
    quantise.inputs = [image]
    model.operators.remove(cast)
    model.drop_unused_codes()
