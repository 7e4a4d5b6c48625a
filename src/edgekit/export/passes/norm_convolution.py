"""Channel-wise operations as depthwise 1 × 1 convolutions: in int8 one step in place of two.

In ONNX Runtime's float32 they fuse with the activation behind them as well. Its blocked layout reaches over convolutions, and a Mul or
an Add between them costs a change of layout there and back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgekit.export.graph import ops
from edgekit.export.graph.graph import Graph, Node

if TYPE_CHECKING:
    from edgekit.spec.tuning import NormAsConvolution


def norm_as_convolution(graph: Graph, settings: NormAsConvolution) -> Graph:
    """Write each `Affine` and `Shift` of an image of many channels so; if asked for, the identity between an `Add` and its activation too."""
    nodes: dict[str, Node] = {}
    shapes = graph.shapes()
    for name, node in graph.nodes.items():
        if len(shapes[name]) != 3 or not node.inputs or isinstance(graph.op(node.inputs[0]), ops.Input | ops.SpaceToDepth):
            continue
        channels = shapes[name][-1]
        if isinstance(node.op, ops.Affine):
            nodes[name] = _pointwise(node.op.scale, node.op.shift, node.inputs)
        elif isinstance(node.op, ops.Shift):
            nodes[name] = _pointwise(np.ones(channels, np.float32), node.op.values, node.inputs)
        elif settings.behind_sums and isinstance(node.op, ops.Leaky) and isinstance(graph.op(node.inputs[0]), ops.Add):
            same = f"{name}_same"
            nodes[same] = _pointwise(np.ones(channels, np.float32), np.zeros(channels, np.float32), node.inputs)
            nodes[name] = Node(node.op, (same,))
    return graph.replaced(nodes)


def _pointwise(scale: np.ndarray, shift: np.ndarray, inputs: tuple[str, ...]) -> Node:
    return Node(ops.Depthwise(scale.reshape(1, 1, -1), shift, 1, ops.Padding.VALID), inputs)
