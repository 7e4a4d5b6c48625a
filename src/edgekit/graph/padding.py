"""Zeros around an image: of a layer of their own, as Keras has any but ``SAME``'s, or of the convolution that reads it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edgekit.graph import ops
from edgekit.graph.graph import Graph, Node

if TYPE_CHECKING:
    from edgekit.graph.graph import Shape


def zeros_into_convolutions(graph: Graph) -> Graph:
    """Give convolutions without padding the zeros of the `Pad` that they read: as ``SAME`` where they are those.

    They have as many along rows as along columns, and fewer than the kernel has taps.
    """
    if not any(isinstance(node.op, ops.Pad) for node in graph.nodes.values()):
        return graph
    shapes = graph.shapes()
    nodes: dict[str, Node] = {}
    for name, node in graph.nodes.items():
        if not isinstance(node.op, ops.Conv | ops.Depthwise) or node.op.padding is not ops.Padding.VALID:
            continue
        source = graph.nodes[node.inputs[0]]
        if isinstance(source.op, ops.Pad) and source.op.rows == source.op.columns and max(source.op.rows) < min(node.op.kernel.shape[:2]):
            around = named(ops.Around(*source.op.rows), node.op, shapes[source.inputs[0]])
            nodes[name] = Node(replace(node.op, padding=around), source.inputs)
    return graph.replaced(nodes)


def zeros_into_layers(graph: Graph) -> Graph:
    """Put a `Pad` before each convolution that has zeros of its own, also where several read one image: TensorFlow's converter merges them."""
    nodes: dict[str, Node] = {}
    for name, node in graph.nodes.items():
        if isinstance(node.op, ops.Conv | ops.Depthwise) and isinstance(node.op.padding, ops.Around):
            zeros = (node.op.padding.before, node.op.padding.after)
            padded = graph.fresh(f"{name}_padded")
            nodes[padded] = Node(ops.Pad(zeros, zeros), node.inputs)
            nodes[name] = Node(replace(node.op, padding=ops.Padding.VALID), (padded,))
    return graph.replaced(nodes)


def named(around: ops.Around, conv: ops.Conv | ops.Depthwise, image: Shape) -> ops.Around | ops.Padding:
    """Return ``SAME`` or ``VALID`` if they put the zeros of ``around`` before ``conv``, else those."""
    wanted = {(around.before, around.after)}
    for padding in (ops.Padding.VALID, ops.Padding.SAME):
        given = {padding.before_after(extent, size, conv.stride) for extent, size in zip(image[:2], conv.kernel.shape[:2], strict=True)}
        if given == wanted:
            return padding
    return around
