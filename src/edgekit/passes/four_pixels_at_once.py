"""The first convolution, of stride 1 on three channels, computes four pixels at once: as a convolution on blocks of 2 × 2 pixels.

XNNPACK's kernels for AMX gather the taps of each output pixel, three bytes a tap: nine times for VGG-16's 3 × 3, which is most of its time. On
blocks a tap has twelve bytes, and 2 × 2 taps are enough for four pixels; the outputs are then brought to their places.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from edgekit.graph import ops
from edgekit.graph.graph import Graph, Node

_BLOCK = 2


def four_pixels_at_once(graph: Graph) -> Graph:
    """Rewrite convolutions with ``SAME`` padding that read the image, or the image shifted, and whose sides blocks divide."""
    nodes: dict[str, Node] = {}
    moved: dict[str, str] = {}
    shapes = graph.shapes()
    for name, node in graph.nodes.items():
        if not isinstance(node.op, ops.Conv) or node.op.stride > 1 or node.op.padding is not ops.Padding.SAME or not graph.is_image(node.inputs[0]):
            continue
        sides, taps = shapes[name][:2], node.op.kernel.shape[:2]
        if taps == (1, 1) or any(side % _BLOCK for side in sides):
            continue
        padded, blocks, placed = (graph.fresh(f"{name}_{what}") for what in ("padded", "blocks", "pixels"))
        nodes[padded] = Node(ops.Pad(*(_around(side, size) for side, size in zip(sides, taps, strict=True))), node.inputs)
        nodes[blocks] = Node(ops.SpaceToDepth(_BLOCK), (padded,))
        nodes[name] = Node(_arranged(node.op), (blocks,))
        nodes[placed] = Node(ops.DepthToSpace(_BLOCK), (name,))
        moved[name] = placed
    return graph.replaced(nodes, moved)


def _blocks(size: int) -> int:
    """Return how many blocks the taps of a block's pixels lie in, where the first begins with its first tap."""
    return -(-(size - 1 + _BLOCK) // _BLOCK)


def _around(side: int, size: int) -> tuple[int, int]:
    before, _ = ops.Padding.SAME.before_after(side, size, 1)
    return before, (_blocks(size) - 1) * _BLOCK - before


def _arranged(conv: ops.Conv) -> ops.Conv:
    height, width, channels, outputs = conv.kernel.shape
    kernel = np.zeros((_blocks(height), _blocks(width), _BLOCK, _BLOCK, channels, _BLOCK, _BLOCK, outputs), np.float32)
    for row, column, below, right in np.ndindex(height, width, _BLOCK, _BLOCK):
        (block_row, in_row), (block_column, in_column) = divmod(row + below, _BLOCK), divmod(column + right, _BLOCK)
        kernel[block_row, block_column, in_row, in_column, :, below, right] = conv.kernel[row, column]
    return dataclasses.replace(
        conv,
        kernel=kernel.reshape(*kernel.shape[:2], channels * _BLOCK**2, outputs * _BLOCK**2),
        bias=np.tile(conv.bias, _BLOCK**2),
        padding=ops.Padding.VALID,
    )
