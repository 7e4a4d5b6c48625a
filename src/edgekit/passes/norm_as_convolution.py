"""Channel-wise operations as depthwise 1 × 1 convolutions: in int8 one step in place of two.

In ONNX Runtime's float32 they fuse with the activation behind them as well. Its blocked layout reaches over convolutions, and a Mul or
an Add between them costs a change of layout there and back.

There a Leaky ReLU costs about as much as such a convolution; a ReLU within a convolution and a sum that one adds to cost nothing. So Leaky ReLU
may be written as two of them: with a slope s between 0 and 1, it is s · x + ReLU((1 − s) · x).
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from edgekit.graph import ops
from edgekit.graph.graph import Graph, Node

if TYPE_CHECKING:
    from collections.abc import Collection

    from edgekit.spec.rewrites import NormAsConvolution


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
            same = graph.fresh(f"{name}_same")
            nodes[same] = _pointwise(np.ones(channels, np.float32), np.zeros(channels, np.float32), node.inputs)
            nodes[name] = Node(node.op, (same,))
    written = graph.replaced(nodes)
    return written.replaced(_in_two(written, nodes)) if settings.leaky_in_two else written


def _pointwise(scale: np.ndarray, shift: np.ndarray, inputs: tuple[str, ...]) -> Node:
    return Node(ops.Depthwise(scale.reshape(1, 1, -1), shift, 1, ops.Padding.VALID), inputs)


def _in_two(graph: Graph, written: Collection[str]) -> dict[str, Node]:
    """Return nodes for each Leaky ReLU that alone reads one of the convolutions that were ``written``."""
    readers = graph.readers()
    nodes: dict[str, Node] = {}
    for name, node in graph.nodes.items():
        if not isinstance(node.op, ops.Leaky) or not 0 < node.op.slope < 1:
            continue
        source = graph.nodes[node.inputs[0]]
        if node.inputs[0] not in written or not isinstance(source.op, ops.Depthwise) or len(readers[node.inputs[0]]) > 1:
            continue
        steep, clipped, flat = (graph.fresh(f"{name}_in_two_{part}") for part in ("steep", "clipped", "flat"))
        nodes[steep] = Node(_times(1 - node.op.slope, source.op), source.inputs)
        nodes[clipped] = Node(ops.Leaky(0.0), (steep,))
        nodes[flat] = Node(_times(node.op.slope, source.op), source.inputs)
        nodes[name] = Node(ops.Add(), (flat, clipped))
    return nodes


def _times(factor: float, op: ops.Depthwise) -> ops.Depthwise:
    kernel, bias = (np.asarray(factor * values.astype(np.float64), np.float32) for values in (op.kernel, op.bias))
    return dataclasses.replace(op, kernel=kernel, bias=bias)
