"""A batch norm behind a convolution or a fully connected layer goes into its weights."""

from __future__ import annotations

import dataclasses

import numpy as np

from edgekit.graph import ops
from edgekit.graph.graph import Graph, Node


def fold_batch_norm(graph: Graph) -> Graph:
    """Multiply each kernel by the scale of the `Affine` that alone reads it, and move its bias; two in a row become one."""
    nodes: dict[str, Node] = {}
    moved: dict[str, str] = {}
    readers = graph.readers()
    for name, node in graph.nodes.items():
        if not isinstance(node.op, ops.Affine) or len(readers[node.inputs[0]]) > 1:
            continue
        source = moved.get(node.inputs[0], node.inputs[0])
        before = nodes.get(source, graph.nodes[source])
        folded = _folded(before.op, node.op)
        if folded is not None:
            # What it reads may have moved as well: no activation stands behind the norms of a linear bottleneck.
            nodes[source] = Node(folded, tuple(moved.get(read, read) for read in before.inputs))
            moved[name] = source
    return graph.replaced(nodes, moved)


def _folded(before: ops.Op, affine: ops.Affine) -> ops.Op | None:
    """Return an op that computes ``affine`` behind ``before``, if there is one."""
    scale, shift = (values.astype(np.float64) for values in (affine.scale, affine.shift))
    if isinstance(before, ops.Affine):
        return ops.Affine((before.scale * scale).astype(np.float32), (before.shift * scale + shift).astype(np.float32))
    if isinstance(before, ops.Conv | ops.Depthwise | ops.Dense):
        return dataclasses.replace(before, kernel=(before.kernel * scale).astype(np.float32), bias=(before.bias * scale + shift).astype(np.float32))
    return None
