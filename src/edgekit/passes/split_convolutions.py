"""Splits convolutions with many weights by their outputs: the weights of a part stay in the CPU's cache while the image passes them."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from typing import TYPE_CHECKING, TypeGuard

from edgekit.graph import ops
from edgekit.graph.graph import Graph, Node

if TYPE_CHECKING:
    from edgekit.spec.rewrites import SplitConvolutions


def split_convolutions(graph: Graph, settings: SplitConvolutions) -> Graph:
    """Split 1 × 1 convolutions and those by Winograd, from ``settings.least_kib`` of weights on, and join what the parts give.

    Only on images of ``settings.least_px`` a side. An activation that alone reads a convolution is put on each part: what
    the converter computes within a convolution, as ReLU, stays there. Parts of a convolution by Winograd turn the same image:
    TensorFlow's converter and ONNX Runtime merge what is computed twice. Direct convolutions of more taps gain nothing in parts.
    """
    nodes: dict[str, Node] = {}
    readers, shapes = graph.readers(), graph.shapes()
    for name, node in graph.nodes.items():
        op = node.op
        if not _gains(op) or _weights_kib(op) < settings.least_kib or min(shapes[name][:2]) < settings.least_px:
            continue
        edges = _edges(len(op.bias), round(_weights_kib(op) / settings.part_kib), settings.multiple)
        if len(edges) < 3:
            continue
        parts = {
            graph.fresh(f"{name}_part_{index}"): Node(_part(op, slice(start, stop)), node.inputs)
            for index, (start, stop) in enumerate(pairwise(edges))
        }
        joined, behind = name, readers[name]
        if len(behind) == 1 and behind[0] and isinstance(graph.op(behind[0]), ops.Leaky | ops.Clip):
            joined = behind[0]
            nodes |= parts
            parts = {graph.fresh(f"{part}_activated"): Node(graph.op(joined), (part,)) for part in parts}
        nodes |= parts
        nodes[joined] = Node(ops.Concat(), tuple(parts))
    return graph.replaced(nodes)


def _part(op: ops.Conv | ops.Winograd, outputs: slice) -> ops.Op:
    return dataclasses.replace(op, kernel=op.kernel[..., outputs], bias=op.bias[outputs])


def _gains(op: ops.Op) -> TypeGuard[ops.Conv | ops.Winograd]:
    return isinstance(op, ops.Winograd) or (isinstance(op, ops.Conv) and op.kernel.shape[:2] == (1, 1))


def _weights_kib(op: ops.Conv | ops.Winograd) -> float:
    """Return the KiB of weights that the image passes in one go: for Winograd, those of a product."""
    rows = op.kernel.shape[0] if isinstance(op, ops.Winograd) else 1
    return op.kernel.nbytes / rows / 1024


def _edges(outputs: int, parts: int, multiple: int) -> list[int]:
    """Return where parts begin, at multiples of ``multiple``, and where the last one ends."""
    inner = {round(outputs * index / parts / multiple) * multiple for index in range(1, parts)}
    return sorted({0, outputs} | {edge for edge in inner if edge < outputs})
