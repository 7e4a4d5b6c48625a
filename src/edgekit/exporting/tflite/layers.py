"""The layers of a TFLite graph, which are its operators that have a kernel: how they are found, and what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.exporting.tflite.operator import Kind

if TYPE_CHECKING:
    from edgekit.exporting.tflite.model import TFLiteModel
    from edgekit.exporting.tflite.operator import Operator
    from edgekit.exporting.tflite.tensor import Tensor

WEIGHTED = (Kind.CONV_2D, Kind.DEPTHWISE_CONV_2D, Kind.FULLY_CONNECTED)
# A layer's inputs: data, kernel, bias.
_KERNEL = 1


def layers_of(model: TFLiteModel) -> list[Operator]:
    """Return the layers, in the order in which they run."""
    return model.operators_of(*WEIGHTED)


def kernel_of(model: TFLiteModel, layer: Operator) -> Tensor:
    """Return a layer's kernel, or the second factor of another product."""
    return model.tensors[layer.inputs[_KERNEL]]


def output_of(model: TFLiteModel, operator: Operator) -> str:
    """Return the name of what an operator gives."""
    return model.tensors[operator.output].name


def names_of(model: TFLiteModel, layer: Operator) -> list[str]:
    """Return the names of what a layer gives: its own, and that behind the turning back to float32, which has the float graph's."""
    back = (reader for reader in model.readers(layer.output) if reader.kind == Kind.DEQUANTIZE)
    return [output_of(model, operator) for operator in (layer, *back)]
