"""Smaller weights in a TFLite model: 8-bit in its fully connected layers alone, or of seven bits in an int8 one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from edgekit.exporting.tflite.layers import kernel_of, layers_of
from edgekit.exporting.tflite.operator import Kind
from edgekit.exporting.tflite.tensor import Quantization

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgekit.exporting.tflite.model import TFLiteModel

# The version of FULLY_CONNECTED that takes 8-bit weights with a scale for each output beside float32 input.
_VERSION = 12
_STEPS = 127
# Seven bits, of which one is the sign.
_LEAST_NARROW, _MOST_NARROW = -64, 63
_OTHER_PRODUCTS = (Kind.BATCH_MATMUL, Kind.TRANSPOSE_CONV)
_INTEGERS = (np.int8, np.int32)


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


def narrow_weights(model: TFLiteModel) -> bool:
    """Give an int8 model kernels of seven bits in place of eight, on steps of twice the size, and the biases with them.

    Return whether that was done. A model in which a product of eight bits would be left stays as it is: attention has some between
    two activations, and other kinds of layers have kernels of their own.
    """
    layers = layers_of(model)
    computed = [kernel for kernel in (kernel_of(model, layer) for layer in layers) if not kernel.is_constant]
    others = [kernel_of(model, product) for product in model.operators_of(*_OTHER_PRODUCTS)]
    if any(factor.dtype == np.int8 for factor in (*computed, *others)):
        return False
    constants = dict.fromkeys(number for layer in layers for number in layer.inputs[1:] if number >= 0)
    halved: dict[int, int] = {}  # by the buffers that were: equal constants share one
    for tensor in (model.tensors[constant] for constant in constants):
        if tensor.dtype not in _INTEGERS:
            continue
        if tensor.buffer not in halved:
            halved[tensor.buffer] = model.add_buffer(_halves(tensor.stored))
        tensor.buffer = halved[tensor.buffer]
        steps = tensor.quantization
        tensor.quantization = replace(steps, scales=steps.scales * np.float32(2))
    model.empty_unread_buffers()
    return True


def _halves(values: NDArray[np.integer[Any]]) -> NDArray[np.integer[Any]]:
    """Return integers on steps of twice the size; those of eight bits as seven."""
    halves = np.rint(values / 2)
    if values.dtype == np.int8:
        halves = np.clip(halves, _LEAST_NARROW, _MOST_NARROW)
    return halves.astype(values.dtype)
