"""Marks the 3 × 3 convolutions that are computed by one-dimensional Winograd: 1.5 or 2 times fewer multiply-adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.export.graph import ops
from edgekit.export.graph.graph import Graph, Node

if TYPE_CHECKING:
    from edgekit.spec.tuning import Winograd


def use_winograd(graph: Graph, settings: Winograd) -> Graph:
    """Rewrite 3 × 3 convolutions of stride 1 with ``SAME`` padding that have enough channels on both sides.

    ``settings.whole_tiles`` leaves images alone whose sides are no multiple of the tile.
    """
    nodes: dict[str, Node] = {}
    shapes = graph.shapes()
    for name, node in graph.nodes.items():
        op = node.op
        if not isinstance(op, ops.Conv) or op.kernel.shape[:2] != (3, 3) or op.stride > 1 or op.padding is not ops.Padding.SAME:
            continue
        divides = shapes[name][0] % settings.tile == 0 and shapes[name][1] % settings.tile == 0
        if min(op.kernel.shape[2:]) >= settings.least_channels and (divides or not settings.whole_tiles):
            nodes[name] = Node(ops.Winograd(op.kernel, op.bias, settings.tile), node.inputs)
    return graph.replaced(nodes)
