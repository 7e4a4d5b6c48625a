"""A batch norm behind a convolution or a fully connected layer goes into its weights."""

from __future__ import annotations

import dataclasses

import numpy as np

from edgekit.export.graph import ops
from edgekit.export.graph.graph import Graph, Node


def fold_batch_norm(graph: Graph) -> Graph:
    """Multiply each kernel by the scale of the `Affine` that alone reads it, and move its bias."""
    nodes: dict[str, Node] = {}
    moved: dict[str, str] = {}
    readers = graph.readers()
    for name, node in graph.nodes.items():
        source = node.inputs[0] if node.inputs else ""
        weighted = graph.nodes[source].op if source else None
        if not isinstance(node.op, ops.Affine) or not isinstance(weighted, ops.Conv | ops.Depthwise | ops.Dense) or len(readers[source]) > 1:
            continue
        scale, shift = (values.astype(np.float64) for values in (node.op.scale, node.op.shift))
        folded = dataclasses.replace(
            weighted,
            kernel=(weighted.kernel * scale).astype(np.float32),
            bias=(weighted.bias * scale + shift).astype(np.float32),
        )
        nodes[source] = Node(folded, graph.nodes[source].inputs)
        moved[name] = source
    return graph.replaced(nodes, moved)
