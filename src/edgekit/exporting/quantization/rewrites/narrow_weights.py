"""Weights of seven bits in an int8 TFLite model: sums of products of unsigned and signed 8-bit numbers in 16 bits cannot saturate then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from edgekit.exporting.tflite.layers import kernel_of, layers_of
from edgekit.exporting.tflite.operator import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgekit.exporting.tflite.model import TFLiteModel

# Seven bits, of which one is the sign.
_LEAST_NARROW, _MOST_NARROW = -64, 63
_OTHER_PRODUCTS = (Kind.BATCH_MATMUL, Kind.TRANSPOSE_CONV)
_INTEGERS = (np.int8, np.int32)


def narrow_weights(model: TFLiteModel) -> bool:
    """Give an int8 model kernels of seven bits in place of eight, with scales of twice the size, and its biases too.

    Nothing is changed where a product of eight bits would be left: attention has some between two activations, and other kinds
    of layers have kernels of their own.
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
