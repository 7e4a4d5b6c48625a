"""Large kernels of fully connected layers kept out of TensorFlow's converter, which copies a graph about twenty times.

In a kernel's place it gets one that has the same value throughout, of which it holds that value alone, whatever it is brought
to: float32, float16, or 8 bits with a scale. In the file that it gives, the real kernels take their places again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgekit.errors import ExportError
from edgekit.exporting.tflite.packing import packed
from edgekit.exporting.tflite.weights import in_8_bits
from edgekit.graph import ops
from edgekit.graph.graph import Graph, Node

if TYPE_CHECKING:
    from edgekit.graph.ops import Floats

LARGE_BYTES = 1 << 24

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


def put_back(data: bytes, kernels: Kernels) -> bytes:
    """Return a TFLite file with the real kernels, in the precision in which it has their stand-ins."""
    if not kernels:
        return data
    model = schema.ModelT.InitFromPackedBuf(data, 0)
    graph = model.subgraphs[0]
    left = dict(kernels)
    for operator in graph.operators:
        # A float16 constant is turned to float32 by an operator of its own.
        for tensor in (graph.tensors[number] for number in operator.inputs if number >= 0):
            value = _value(model, tensor)
            if value in left and tuple(tensor.shape) == left[value].T.shape:
                _fill(model, tensor, left.pop(value).T)
    if left:
        shapes = ", ".join(f"{kernel.shape[0]} × {kernel.shape[1]}" for kernel in left.values())
        raise ExportError(f"TensorFlow's converter changed what stood for a large kernel. Received: {shapes}", hint="--tuned-for none")
    return packed(model, len(data))


def _value(model: schema.ModelT, tensor: schema.TensorT) -> float | None:
    """Return the first element of a constant as the number that it means."""
    data = model.buffers[tensor.buffer].data
    if data is None or not len(data):
        return None
    if tensor.type == schema.TensorType.INT8:
        return float(np.float32(data[:1].view(np.int8)[0] * tensor.quantization.scale[0]).round(3))
    dtype = {schema.TensorType.FLOAT32: np.float32, schema.TensorType.FLOAT16: np.float16}.get(tensor.type)
    return float(data[: np.dtype(dtype).itemsize].view(dtype)[0]) if dtype else None


def _fill(model: schema.ModelT, tensor: schema.TensorT, kernel: Floats) -> None:
    buffer = model.buffers[tensor.buffer]
    if tensor.type == schema.TensorType.INT8:
        values, tensor.quantization = in_8_bits(kernel)
    else:
        values = kernel.astype(np.float16 if tensor.type == schema.TensorType.FLOAT16 else np.float32)
    buffer.data = np.ascontiguousarray(values).view(np.uint8).ravel()
