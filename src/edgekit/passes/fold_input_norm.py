"""The batch norm of the input: its scale goes into the first convolutions, and one subtraction stays.

a·x + b = a·(x − m) with m = −b/a. The zeros that a convolution pads with stand for a pixel of m, before as after.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from edgekit.graph import ops
from edgekit.graph.graph import Graph, Node


def fold_input_norm(graph: Graph) -> Graph:
    """Rewrite the `Affine` that reads the image, if only convolutions read it and no scale is zero."""
    readers = graph.readers()
    nodes: dict[str, Node] = {}
    for name, node in graph.nodes.items():
        if not isinstance(node.op, ops.Affine) or not isinstance(graph.op(node.inputs[0]), ops.Input) or not node.op.scale.all():
            continue
        convolutions = [graph.nodes.get(reader) for reader in readers[name]]
        if not all(reader and isinstance(reader.op, ops.Conv) for reader in convolutions):
            continue
        scale, shift = (values.astype(np.float64) for values in (node.op.scale, node.op.shift))
        nodes[name] = Node(ops.Shift((shift / scale).astype(np.float32)), node.inputs)
        for reader in readers[name]:
            nodes[reader] = _scaled(graph.nodes[reader], scale)
    return graph.replaced(nodes)


def _scaled(node: Node, scale: np.ndarray) -> Node:
    assert isinstance(node.op, ops.Conv)  # the caller has looked
    return Node(dataclasses.replace(node.op, kernel=(node.op.kernel * scale[:, np.newaxis]).astype(np.float32)), node.inputs)
