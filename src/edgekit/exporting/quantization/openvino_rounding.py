"""What OpenVINO computes of an int8 file for it, as a TFLite graph in float32: weights in steps, and activations rounded where its kernels end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgekit.exporting.onnx.qdq.writer import rounded_later
from edgekit.exporting.tflite.biases import take_biases
from edgekit.exporting.tflite.layers import kernel_of, layers_of, names_of, output_of
from edgekit.exporting.tflite.model import TFLiteModel
from edgekit.exporting.tflite.operator import Kind
from edgekit.exporting.tflite.tensor import Quantization

if TYPE_CHECKING:
    from edgekit.exporting.tflite.operator import Operator

# The version of QUANTIZE and DEQUANTIZE that takes numbers of 8 bits with a sign.
_VERSION = 2


def rounded(ranges: bytes, integers: bytes) -> bytes:
    """Return ``ranges`` with the kernels and biases of ``integers``, and its activations brought to the steps of ``integers`` and back.

    Both are one graph, in float32 and in int8 (TFLite flatbuffers with the same tensor names).
    """
    model, other = (TFLiteModel.read(data) for data in (ranges, integers))
    _take_kernels(model, other)
    _round_activations(model, other)
    take_biases(model, other)
    return model.to_bytes()


def _round_activations(model: TFLiteModel, other: TFLiteModel) -> None:
    """Bring every activation that OpenVINO rounds to its steps in ``other``, and back, before anything else reads it."""
    later = rounded_later(other)
    steps = {tensor.name: tensor for number, tensor in enumerate(other.tensors) if number not in later}
    placed: list[Operator] = []
    moved: dict[int, int] = {}
    for operator in model.operators:
        operator.inputs = [moved.get(number, number) for number in operator.inputs]
        placed.append(operator)
        given = model.tensors[operator.output]
        rounding = steps.get(given.name)
        if rounding is None or rounding.dtype != np.int8:
            continue
        in_steps, in_float = given.copied(f"{given.name}/steps"), given.copied(f"{given.name}/rounded")
        in_steps.dtype, in_steps.quantization, in_float.quantization = np.int8, rounding.quantization, Quantization()
        between, moved[operator.output] = model.add_tensor(in_steps), model.add_tensor(in_float)
        placed.append(model.new_operator(Kind.QUANTIZE, [operator.output], [between], version=_VERSION))
        placed.append(model.new_operator(Kind.DEQUANTIZE, [between], [moved[operator.output]], version=_VERSION))
    model.operators = placed
    model.outputs = [moved.get(number, number) for number in model.outputs]


def _take_kernels(model: TFLiteModel, other: TFLiteModel) -> None:
    """Give each layer the kernel that the layer of its name has in ``other``; those who share one still do."""
    there = {name: layer for layer in layers_of(other) for name in names_of(other, layer)}
    for layer in layers_of(model):
        same = there.get(output_of(model, layer))
        kernel = kernel_of(other, same) if same is not None else None
        if kernel is not None and kernel.dtype == np.int8:
            kernel_of(model, layer).store(kernel.dequantized())
