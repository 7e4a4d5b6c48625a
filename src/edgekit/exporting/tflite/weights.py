"""Smaller weights in a TFLite model: 8-bit in its fully connected layers alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgekit.exporting.tflite.layers import kernel_of
from edgekit.exporting.tflite.operator import Kind
from edgekit.exporting.tflite.tensor import Quantization

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgekit.exporting.tflite.model import TFLiteModel

# The version of FULLY_CONNECTED that takes 8-bit weights with a scale for each output beside float32 input.
_VERSION = 12
_STEPS = 127


def quantise_dense(model: TFLiteModel) -> None:
    """Store the kernels of fully connected layers in int8, a scale for each output; their inputs are quantised as they come.

    The converter quantises all layers or none. A fully connected layer waits for its weights to come from memory, so there a
    quarter of the bytes is a multiple of the speed, and the error stays that of one layer.
    """
    quantised: set[int] = set()
    for layer in model.operators_of(Kind.FULLY_CONNECTED):
        place, kernel = layer.inputs[1], kernel_of(model, layer)
        if place not in quantised:  # else another layer reads the same kernel
            if not kernel.is_constant or kernel.dtype != np.float32:
                continue
            values, kernel.quantization = in_8_bits(kernel.stored)
            kernel.store(values)
            quantised.add(place)
        layer.options.asymmetricQuantizeInputs = True
        layer.need_version(_VERSION)


def in_8_bits(kernel: NDArray[np.float32]) -> tuple[NDArray[np.int8], Quantization]:
    """Return a kernel (out, in) in int8, and the scale of each output."""
    largest = np.abs(kernel).max(axis=1)
    scales = np.where(largest > 0, largest / _STEPS, 1).astype(np.float32)
    return np.rint(kernel / scales[:, np.newaxis]).astype(np.int8), Quantization(scales, np.zeros(len(kernel), np.int64))
