"""What 1 × 1 convolutions skip with their stride is not computed: the convolutions that give it stride, or have their pixels picked."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeGuard

import numpy as np

from edgekit.graph import ops
from edgekit.graph.graph import Graph, Node, Shape

_PIXEL_BY_PIXEL = (ops.Leaky, ops.Clip, ops.LeakyByChannel, ops.Affine, ops.Shift, ops.Add)


def skip_unread_pixels(graph: Graph) -> Graph:
    """Compute what only strided 1 × 1 convolutions read where they read it, if that spares a convolution most of its work.

    What others read as well stays whole, and is picked from.
    """
    while nodes := _Picks(graph).of_the_last():
        graph = graph.replaced(nodes)
    return graph


class _Picks:
    """Nodes in place of a graph's. Each pick leaves fewer 1 × 1 convolutions with a stride."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._readers = graph.readers()
        self._shapes = graph.shapes()
        self._nodes: dict[str, Node] = {}

    def of_the_last(self) -> dict[str, Node]:
        """Return what changes for the last value that is computed for strided 1 × 1 convolutions alone; nothing if there is none."""
        for name in reversed(list(self._graph.nodes)):
            convs = self._strided_readers(name)
            if convs and self._spares(name):
                for reader, conv in convs.items():
                    self._nodes[reader] = Node(replace(conv, stride=1), (name,))
                self._pick(name, next(iter(convs.values())).stride)
                break
        return self._nodes

    def _strided_readers(self, name: str) -> dict[str, ops.Conv]:
        """Return who reads a value, if they are 1 × 1 convolutions of one stride."""
        readers = self._readers[name]
        if "" in readers:
            return {}
        convs = {reader: op for reader in readers if _is_pointwise(op := self._graph.op(reader)) and op.stride > 1}
        return convs if len(convs) == len(set(readers)) and len({conv.stride for conv in convs.values()}) == 1 else {}

    def _spares(self, name: str) -> bool:
        """Whether a convolution gives ``name``, or a part of it that is for nothing else."""
        node = self._graph.nodes[name]
        if not isinstance(node.op, _PIXEL_BY_PIXEL):
            return isinstance(node.op, ops.Conv)
        return any(self._spares(source) for source in node.inputs if self._has_one_reader(source))

    def _has_one_reader(self, name: str) -> bool:
        return len(self._readers[name]) == 1

    def _pick(self, name: str, stride: int) -> None:
        """Give ``name`` at every ``stride``-th pixel alone."""
        node = self._graph.nodes[name]
        op = node.op
        if isinstance(op, ops.Conv) and not _is_pointwise(op):
            self._nodes[name] = Node(_strided(op, stride, self._shapes[node.inputs[0]]), node.inputs)
            return
        if isinstance(op, ops.Conv):
            op, stride = replace(op, stride=1), stride * op.stride
        self._nodes[name] = Node(op, tuple(self._picked(source, stride, name) for source in node.inputs))

    def _picked(self, source: str, stride: int, reader: str) -> str:
        """Return who gives every ``stride``-th pixel of a source. A max pool of one pixel picks: every runtime has it in every precision."""
        for_each_pixel = all(isinstance(self._graph.op(name), _PIXEL_BY_PIXEL) for name in (source, reader))
        if self._has_one_reader(source) and (for_each_pixel or self._spares(source)):
            self._pick(source, stride)
            return source
        picked = self._graph.fresh(f"{source}_picked_for_{reader}")
        self._nodes[picked] = Node(ops.Pool(ops.PoolKind.MAX, 1, stride, ops.Padding.VALID), (source,))
        return picked


def _is_pointwise(op: ops.Op) -> TypeGuard[ops.Conv]:
    return isinstance(op, ops.Conv) and op.kernel.shape[:2] == (1, 1)


def _strided(conv: ops.Conv, stride: int, image: Shape) -> ops.Conv:
    """Return the convolution that gives every ``stride``-th pixel alone, with a kernel that has zeros behind it where the padding asks for them.

    A kernel of k taps and the stride s grows to k + s · (stride − 1) at most, which for s < k is less than the k · stride that are spared.
    """
    after = [_zeros_behind(conv, extent, size, conv.stride * stride) for extent, size in zip(image[:2], conv.kernel.shape[:2], strict=True)]
    kernel = np.pad(conv.kernel, [*((0, zeros) for zeros in after), (0, 0), (0, 0)])
    return replace(conv, kernel=kernel, stride=conv.stride * stride)


def _zeros_behind(conv: ops.Conv, extent: int, size: int, stride: int) -> int:
    """Return how many zeros bring the first window of a larger ``stride`` to where it was: padding shrinks with it, and grows with the kernel."""
    before, _ = conv.padding.before_after(extent, size, conv.stride)
    zeros = 0
    while conv.padding.before_after(extent, size + zeros, stride)[0] < before:
        zeros += 1
    return zeros
