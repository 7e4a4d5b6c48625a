"""8-bit weights in the fully connected layers of a TFLite model, the rest in float32.

The converter quantises all layers or none. A fully connected layer waits for its weights to come from memory, so there a
quarter of the bytes is a multiple of the speed, and the error stays that of one layer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from ai_edge_litert import schema_py_generated as schema

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The version of FULLY_CONNECTED that takes 8-bit weights with a scale for each output beside float32 input.
_VERSION = 12
_STEPS = 127


def quantise_dense(model: schema.ModelT) -> None:
    """Store the kernels of fully connected layers in int8, a scale for each output; their inputs are quantised as they come."""
    graph = model.subgraphs[0]
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex]
        if code.builtinCode != schema.BuiltinOperator.FULLY_CONNECTED:
            continue
        kernel = graph.tensors[operator.inputs[1]]
        data = model.buffers[kernel.buffer].data
        if data is None or kernel.type != schema.TensorType.FLOAT32:
            continue
        values, kernel.quantization = in_8_bits(np.asarray(data).view(np.float32).reshape(kernel.shape))
        model.buffers[kernel.buffer].data = values.view(np.uint8).ravel()
        kernel.type = schema.TensorType.INT8
        operator.builtinOptions.asymmetricQuantizeInputs = True
        code.version = max(code.version, _VERSION)


def in_8_bits(kernel: NDArray[np.float32]) -> tuple[NDArray[np.int8], schema.QuantizationParametersT]:
    """Return a kernel (out, in) in int8, and the scale of each output."""
    largest = np.abs(kernel).max(axis=1)
    steps = schema.QuantizationParametersT()
    steps.scale = np.where(largest > 0, largest / _STEPS, 1).astype(np.float32)
    steps.zeroPoint = np.zeros(len(kernel), np.int64)
    steps.quantizedDimension = 0
    return np.rint(kernel / steps.scale[:, np.newaxis]).astype(np.int8), steps
