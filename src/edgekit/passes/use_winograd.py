"""Marks the convolutions that are computed by one-dimensional Winograd: 1.5 or 2 times fewer multiply-adds (5 × 5: 1.7 times).

In 8 bits each value before and behind the products is rounded to steps of its own, and of six products the numbers of the transform are too:
there it is exact but for rounding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.graph import ops
from edgekit.graph.graph import Graph, Node
from edgekit.graph.winograd import products_of, tile_of

if TYPE_CHECKING:
    from edgekit.spec.rewrites import Winograd


_KERNELS = ((3, 3), (5, 5))


def use_winograd(graph: Graph, settings: Winograd) -> Graph:
    """Rewrite 3 × 3 and 5 × 5 convolutions of stride 1 with ``SAME`` padding that have enough channels on both sides, pixels, and both together.

    As many products as give a tile of so many pixels with three taps give two pixels fewer with five: of two none are left.
    """
    nodes: dict[str, Node] = {}
    shapes = graph.shapes()
    for name, node in graph.nodes.items():
        op = node.op
        if not isinstance(op, ops.Conv) or op.kernel.shape[:2] not in _KERNELS or op.stride > 1 or op.padding is not ops.Padding.SAME:
            continue
        channels, px = min(op.kernel.shape[2:]), min(shapes[name][:2])
        products = products_of(2 if px < settings.two_below_px else settings.tile, 3)
        tile = tile_of(products, op.kernel.shape[0])
        if tile > 1 and channels >= settings.least_channels and px >= settings.least_px and channels * px >= settings.least_row:
            nodes[name] = Node(ops.Winograd(op.kernel, op.bias, tile), node.inputs)
    return graph.replaced(nodes)
