"""Splits convolutions with many weights by their outputs: the weights of a part stay in the CPU's cache while the image passes them."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from typing import TYPE_CHECKING

from edgekit.export.graph import ops
from edgekit.export.graph.graph import Graph, Node

if TYPE_CHECKING:
    from edgekit.spec.tuning import SplitConvolutions


def split_convolutions(graph: Graph, settings: SplitConvolutions) -> Graph:
    """Split 1 × 1 convolutions and those by Winograd, from ``settings.least_kib`` of weights on, and join what the parts give.

    Parts of a convolution by Winograd turn the same image: TensorFlow's converter and ONNX Runtime merge what is computed twice.
    Direct convolutions of more taps gain nothing in parts.
    """
    nodes: dict[str, Node] = {}
    for name, node in graph.nodes.items():
        op = node.op
        if not isinstance(op, ops.Conv | ops.Winograd) or _passed_kib(op) < settings.least_kib:
            continue
        edges = _edges(len(op.bias), round(_passed_kib(op) / settings.part_kib), settings.multiple)
        if len(edges) < 3:
            continue
        parts = {
            f"{name}_part_{index}": dataclasses.replace(op, kernel=op.kernel[..., start:stop], bias=op.bias[start:stop])
            for index, (start, stop) in enumerate(pairwise(edges))
        }
        nodes |= {part: Node(of_it, node.inputs) for part, of_it in parts.items()}
        nodes[name] = Node(ops.Concat(), tuple(parts))
    return graph.replaced(nodes)


def _passed_kib(op: ops.Conv | ops.Winograd) -> float:
    """Return the KiB of weights that each pixel passes in one go, 0 where there is no use in fewer: for Winograd, those of a product."""
    kernel = op.kernel
    if isinstance(op, ops.Winograd):
        return kernel.nbytes / kernel.shape[1] / 1024
    return kernel.nbytes / 1024 if kernel.shape[:2] == (1, 1) else 0


def _edges(outputs: int, parts: int, multiple: int) -> list[int]:
    """Return where parts begin, at multiples of ``multiple``, and where the last one ends."""
    inner = {round(outputs * index / parts / multiple) * multiple for index in range(1, parts)}
    return sorted({0, outputs} | {edge for edge in inner if edge < outputs})
