"""What 1 × 1 convolutions skip with their stride is not computed: pixels are picked before the convolution and the sum that give them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeGuard

from edgekit.export.graph import ops
from edgekit.export.graph.graph import Graph, Node

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Readers = Mapping[str, Sequence[str]]

_PIXEL_BY_PIXEL = (ops.Leaky, ops.LeakyByChannel, ops.Affine, ops.Shift, ops.Add)


def skip_unread_pixels(graph: Graph) -> Graph:
    """Compute what only strided 1 × 1 convolutions read where they read it, if that spares a 1 × 1 convolution most of its work.

    What others read as well stays whole, and is picked from.
    """
    readers = graph.readers()
    nodes: dict[str, Node] = {}
    for name in graph.nodes:
        stride = _common_stride(graph, readers[name])
        if stride > 1 and _spares(graph, readers, name):
            for reader in readers[name]:
                conv = graph.op(reader)
                assert _is_pointwise(conv)  # or they had no stride in common
                nodes[reader] = Node(replace(conv, stride=1), (name,))
            _pick(graph, readers, name, stride, nodes)
    return graph.replaced(nodes)


def _is_pointwise(op: ops.Op) -> TypeGuard[ops.Conv]:
    return isinstance(op, ops.Conv) and op.kernel.shape[:2] == (1, 1)


def _common_stride(graph: Graph, readers: Sequence[str]) -> int:
    """Return the stride of 1 × 1 convolutions that all have the same, or 1."""
    if "" in readers:
        return 1
    strides = {op.stride if _is_pointwise(op) else 1 for op in map(graph.op, readers)}
    return strides.pop() if len(strides) == 1 else 1


def _spares(graph: Graph, readers: Readers, name: str) -> bool:
    """Whether a 1 × 1 convolution gives ``name``, or a part of it that is for nothing else."""
    node = graph.nodes[name]
    if not isinstance(node.op, _PIXEL_BY_PIXEL):
        return _is_pointwise(node.op)
    return any(_spares(graph, readers, source) for source in node.inputs if len(readers[source]) == 1)


def _pick(graph: Graph, readers: Readers, name: str, stride: int, nodes: dict[str, Node]) -> None:
    """Give ``name`` at every ``stride``-th pixel alone. A max pool of one pixel picks: every runtime has it in every precision."""
    node = nodes.get(name, graph.nodes[name])
    op = node.op
    if isinstance(op, ops.Conv):
        op, stride = replace(op, stride=1), stride * op.stride
    sources = []
    for source in node.inputs:
        given = graph.op(source)
        if isinstance(node.op, _PIXEL_BY_PIXEL) and len(readers[source]) == 1 and (_is_pointwise(given) or isinstance(given, _PIXEL_BY_PIXEL)):
            _pick(graph, readers, source, stride, nodes)
            sources.append(source)
        else:
            picked = f"{source}_picked_for_{name}"
            nodes[picked] = Node(ops.Pool(ops.PoolKind.MAX, 1, stride, ops.Padding.VALID), (source,))
            sources.append(picked)
    nodes[name] = Node(op, tuple(sources))
