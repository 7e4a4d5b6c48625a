"""An average pool before a 1 × 1 convolution instead of behind it: both are linear, and a quarter of the pixels is left."""

from __future__ import annotations

from edgekit.graph import ops
from edgekit.graph.graph import Graph, Node


def pool_before_pointwise(graph: Graph) -> Graph:
    """Swap a 1 × 1 convolution of stride 1 and the average pool, without padding, that alone reads it."""
    readers = graph.readers()
    nodes: dict[str, Node] = {}
    for name, node in graph.nodes.items():
        averages = isinstance(node.op, ops.Pool) and node.op.kind is ops.PoolKind.AVERAGE and node.op.padding is ops.Padding.VALID
        source = node.inputs[0] if averages else ""
        conv = graph.op(source) if source else None
        if not isinstance(conv, ops.Conv) or conv.kernel.shape[:2] != (1, 1) or conv.stride > 1 or len(readers[source]) > 1:
            continue
        pooled = graph.fresh(f"{name}_before_{source}")
        nodes[pooled] = Node(node.op, graph.nodes[source].inputs)
        nodes[name] = Node(conv, (pooled,))
    return graph.replaced(nodes)
