"""The image as an int8 TFLite model takes it: pixels are steps already, so nothing need be cast to float and back.

TensorFlow Lite for Microcontrollers has no CAST of uint8; a QUANTIZE from uint8 to int8 every runtime has.
"""

from __future__ import annotations

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgekit.exporting.tflite.layers import kind_of

# uint8 pixels and the same numbers in int8: both count in steps of one.
_PIXELS, _SHIFTED = (1.0, 0), (1.0, -128)


def quantise_image(model: schema.ModelT) -> None:
    """Let one QUANTIZE read the image where a CAST to float and a QUANTIZE back to the same 256 numbers did. Exact.

    A model that begins in another way is left alone.
    """
    graph = model.subgraphs[0]
    image = int(graph.inputs[0])
    readers = [operator for operator in graph.operators if image in operator.inputs]
    if [kind_of(model, operator) for operator in readers] != [schema.BuiltinOperator.CAST]:
        return
    [cast] = readers
    followers = [operator for operator in graph.operators if cast.outputs[0] in operator.inputs]
    if [kind_of(model, operator) for operator in followers] != [schema.BuiltinOperator.QUANTIZE]:
        return
    [quantise] = followers
    steps = graph.tensors[quantise.outputs[0]]
    if steps.type != schema.TensorType.INT8 or _scale(steps.quantization) != _SHIFTED:
        return
    pixels = schema.QuantizationParametersT()
    pixels.scale, pixels.zeroPoint = np.array(_PIXELS[:1], np.float32), np.array(_PIXELS[1:], np.int64)
    graph.tensors[image].quantization = pixels
    quantise.inputs = np.array([image], np.int32)
    graph.operators = [operator for operator in graph.operators if operator is not cast]
    _forget_unused(model)


def _forget_unused(model: schema.ModelT) -> None:
    """Drop the kinds that no operator is of: an app for a microcontroller links a kernel for each that a file names."""
    operators = model.subgraphs[0].operators
    used = sorted({operator.opcodeIndex for operator in operators})
    model.operatorCodes = [model.operatorCodes[index] for index in used]
    for operator in operators:
        operator.opcodeIndex = used.index(operator.opcodeIndex)


def _scale(quantisation: schema.QuantizationParametersT) -> tuple[float, int]:
    return float(quantisation.scale[0]), int(quantisation.zeroPoint[0])
