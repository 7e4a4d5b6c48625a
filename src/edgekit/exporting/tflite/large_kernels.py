"""Large kernels of fully connected layers kept out of TensorFlow's converter, which copies a graph about twenty times.

In a kernel's place it gets one that has the same value throughout, of which it holds that value alone, whatever it is brought
to: float32, float16, or 8 bits with a scale. In the file that it gives, the real kernels take their places again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgekit.errors import ExportError
from edgekit.exporting.tflite.weights import in_8_bits
from edgekit.graph import ops
from edgekit.graph.graph import Graph, Node

if TYPE_CHECKING:
    from edgekit.exporting.tflite.model import TFLiteModel
    from edgekit.exporting.tflite.tensor import Tensor
    from edgekit.graph.ops import Floats

LARGE_BYTES = 1 << 24
# What the converter may bring a kernel to.
_PRECISIONS = (np.float32, np.float16, np.int8)

Kernels = dict[float, "Floats"]
"""Kernels (in, out) by the values that stand for them."""


def take_out(graph: Graph, *, least_bytes: int = LARGE_BYTES) -> tuple[Graph, Kernels]:
    """Return ``graph`` with stand-ins for the kernels of ``least_bytes`` or more, and those kernels."""
    kernels: Kernels = {}
    nodes: dict[str, Node] = {}
    for name, node in graph.nodes.items():
        if isinstance(node.op, ops.Dense) and node.op.kernel.nbytes >= least_bytes:
            value = float(2 ** len(kernels))  # powers of two are the same in every precision
            kernels[value] = node.op.kernel
            inputs, outputs = node.op.kernel.shape
            nodes[name] = Node(ops.DenseStandIn(value, inputs, outputs, node.op.bias), node.inputs)
    return graph.replaced(nodes), kernels


def put_back(model: TFLiteModel, kernels: Kernels) -> None:
    """Give a TFLite model the real kernels, in the precision in which it has their stand-ins.

    Raises:
        ExportError: a stand-in is not there any more.

    """
    left = dict(kernels)
    for operator in model.operators:
        # A float16 constant is turned to float32 by an operator of its own.
        for tensor in (model.tensors[number] for number in operator.inputs if number >= 0):
            value = _value(tensor)
            if value in left and tensor.shape == left[value].T.shape:
                _fill(tensor, left.pop(value).T)
    if left:
        shapes = ", ".join(f"{kernel.shape[0]} × {kernel.shape[1]}" for kernel in left.values())
        raise ExportError(f"TensorFlow's converter changed what stood for a large kernel. Received: {shapes}", hint="--tuned-for none")


def _value(tensor: Tensor) -> float | None:
    """Return the first element of a constant as the number that it means."""
    if not tensor.is_constant or tensor.dtype not in _PRECISIONS:
        return None
    first = tensor.stored.reshape(-1)[:1]
    if tensor.dtype == np.int8:
        return float((first * tensor.quantization.scales[0]).round(3)[0])
    return float(first[0])


def _fill(tensor: Tensor, kernel: Floats) -> None:
    if tensor.dtype == np.int8:
        values, tensor.quantization = in_8_bits(kernel)
        tensor.store(values)
    else:
        tensor.store(np.asarray(kernel, tensor.dtype))
