"""Leaky ReLU or ReLU6 behind a max pool instead of before it: they are monotonic, and fewer pixels are left there."""

from __future__ import annotations

from edgekit.graph import ops
from edgekit.graph.graph import Graph, Node


def activate_after_max_pool(graph: Graph) -> Graph:
    """Let a max pool that alone reads an activation, and makes the image smaller, read what the activation reads."""
    readers = graph.readers()
    nodes: dict[str, Node] = {}
    for name, node in graph.nodes.items():
        shrinks = isinstance(node.op, ops.Pool) and node.op.kind is ops.PoolKind.MAX and node.op.stride > 1
        source = node.inputs[0] if shrinks else ""
        if not source or not isinstance(graph.op(source), ops.Leaky | ops.Clip) or len(readers[source]) > 1:
            continue
        pooled = graph.fresh(f"{name}_before_{source}")
        nodes[pooled] = Node(node.op, graph.nodes[source].inputs)
        nodes[name] = Node(graph.op(source), (pooled,))
    return graph.replaced(nodes)
