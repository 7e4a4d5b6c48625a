"""A batch norm before a Leaky ReLU (DenseNet's order): its scale moves through the activation into what reads it.

Leaky ReLU is positively homogeneous: leaky(s·x + b) = |s| · leaky(±(x + b/s)). For s > 0 that leaves an addition of b/s and the
factor s; for s < 0 the activation's slopes change places, which is a slope of 1/slope and the factor s·slope.
Average pools let a factor through; convolutions take it up. (A fully connected layer could as well, but what it reads would then
differ in size by channel, and 8-bit steps that serve all channels would be too coarse for some; it saves next to nothing.)
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from edgekit.graph import ops
from edgekit.graph.graph import Graph, Node

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgekit.spec.rewrites import PreActivation


def fold_pre_activation(graph: Graph, settings: PreActivation) -> Graph:
    """Rewrite each `Affine` that only a Leaky ReLU reads, if only convolutions, or average pools before them, read that.

    Left alone where a scale is zero, where one is negative and the slope is zero, where one is negative and ``settings``
    want no slope by channel, and where they differ by more than ``settings.most_spread``: in int8, one step serves all
    channels.
    """
    readers = graph.readers()
    nodes: dict[str, Node] = {}
    for name, node in graph.nodes.items():
        activation = readers[name][0] if len(readers[name]) == 1 else ""
        leaky = graph.op(activation) if activation else None
        if not isinstance(node.op, ops.Affine) or not isinstance(leaky, ops.Leaky):
            continue
        takers = _takers(graph, readers, activation)
        scale = node.op.scale.astype(np.float64)
        if takers is None or not _suits(scale, leaky.slope, settings):
            continue
        positive = scale > 0
        factor = np.where(positive, scale, scale * leaky.slope)
        nodes[name] = Node(ops.Shift((node.op.shift / scale).astype(np.float32)), node.inputs)
        if not positive.all():
            slopes = np.where(positive, leaky.slope, 1 / leaky.slope).astype(np.float32)
            nodes[activation] = Node(ops.LeakyByChannel(slopes), graph.nodes[activation].inputs)
        nodes |= {taker: _taken(graph.nodes[taker], factor) for taker in takers}
    return graph.replaced(nodes)


def _suits(scale: NDArray[np.float64], slope: float, settings: PreActivation) -> bool:
    if not scale.all() or np.abs(scale).max() > settings.most_spread * np.abs(scale).min():
        return False
    return bool((scale > 0).all()) or (settings.negative and slope > 0)


def _takers(graph: Graph, readers: dict[str, list[str]], name: str) -> set[str] | None:
    """Return the convolutions that read ``name``, through average pools or directly; ``None`` if anything else does."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for reader in readers[waiting.pop()]:
            op = graph.op(reader) if reader else None
            if isinstance(op, ops.Conv):
                found.add(reader)
            elif isinstance(op, ops.Pool) and op.kind is ops.PoolKind.AVERAGE:
                waiting.append(reader)
            else:
                return None
    return found


def _taken(node: Node, factor: NDArray[np.float64]) -> Node:
    assert isinstance(node.op, ops.Conv)  # the caller has looked
    return Node(dataclasses.replace(node.op, kernel=(node.op.kernel * factor[:, np.newaxis]).astype(np.float32)), node.inputs)
