"""Marks the 3 × 3 convolutions that are computed by one-dimensional Winograd: 1.5 or 2 times fewer multiply-adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.export.graph import ops
from edgekit.export.graph.graph import Graph, Node

if TYPE_CHECKING:
    from edgekit.spec.tuning import Winograd


def use_winograd(graph: Graph, settings: Winograd) -> Graph:
    """Rewrite 3 × 3 convolutions of stride 1 with ``SAME`` padding that have enough channels on both sides."""
    nodes: dict[str, Node] = {}
    for name, node in graph.nodes.items():
        op = node.op
        if not isinstance(op, ops.Conv) or op.kernel.shape[:2] != (3, 3) or op.stride > 1 or op.padding is not ops.Padding.SAME:
            continue
        if min(op.kernel.shape[2:]) >= settings.least_channels:
            nodes[name] = Node(ops.Winograd(op.kernel, op.bias, settings.tile), node.inputs)
    return graph.replaced(nodes)
