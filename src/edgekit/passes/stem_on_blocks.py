"""The first convolution, K × K with stride s on three channels, as a convolution of stride 1 on blocks of s × s pixels.

A tap at offset i − before falls into block ⌊(i − before) / s⌋, at place (i − before) mod s in it: the kernel is only arranged anew,
with zeros where blocks reach beyond it.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from edgekit.graph import ops
from edgekit.graph.graph import Graph, Node, Shape
from edgekit.graph.padding import named

if TYPE_CHECKING:
    from edgekit.spec.rewrites import SpaceToDepth


def stem_on_blocks(graph: Graph, settings: SpaceToDepth) -> Graph:
    """Rewrite convolutions that read the image, or the image shifted, and stride over whole blocks of it.

    Kernels of fewer than ``settings.least_kernel`` taps a side gain nothing.
    """
    nodes: dict[str, Node] = {}
    readers, shapes = graph.readers(), graph.shapes()
    for name, node in graph.nodes.items():
        if not isinstance(node.op, ops.Conv) or node.op.stride == 1:
            continue
        if node.op.kernel.shape[0] < settings.least_kernel:
            continue
        source = node.inputs[0]
        shift = graph.op(source)
        arranged = _arranged(node.op, shapes[source]) if graph.is_image(source) else None
        if arranged is None or (isinstance(shift, ops.Shift) and len(readers[source]) > 1):
            continue
        blocks = graph.fresh(f"{name}_blocks")
        if isinstance(shift, ops.Shift):
            nodes[blocks] = Node(ops.SpaceToDepth(node.op.stride), graph.nodes[source].inputs)
            nodes[source] = Node(ops.Shift(np.tile(shift.values, node.op.stride**2)), (blocks,))
            nodes[name] = Node(arranged, (source,))
        else:
            nodes[blocks] = Node(ops.SpaceToDepth(node.op.stride), (source,))
            nodes[name] = Node(arranged, (blocks,))
    return graph.replaced(nodes)


def _arranged(conv: ops.Conv, image: Shape) -> ops.Conv | None:
    height, width, channels = image
    stride, size = conv.stride, conv.kernel.shape[0]
    if conv.kernel.shape[0] != conv.kernel.shape[1] or height != width or height % stride:
        return None
    before, _ = conv.padding.before_after(height, size, stride)
    first, last = -before // stride, (size - 1 - before) // stride
    blocks = last - first + 1
    kernel = np.zeros((blocks, blocks, stride, stride, channels, conv.kernel.shape[3]), np.float32)
    for row in range(size):
        for column in range(size):
            (block_row, in_row), (block_column, in_column) = divmod(row - before, stride), divmod(column - before, stride)
            kernel[block_row - first, block_column - first, in_row, in_column] = conv.kernel[row, column]
    behind = conv.padding.out(height, size, stride) - 1 + last - (height // stride - 1)
    arranged = dataclasses.replace(conv, kernel=kernel.reshape(blocks, blocks, -1, conv.kernel.shape[3]), stride=1)
    return dataclasses.replace(arranged, padding=named(ops.Around(-first, behind), arranged, (height // stride, width // stride)))
