"""The graph: named nodes in an order in which they can be computed, and its output. Never changed, only replaced."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.graph import ops

if TYPE_CHECKING:
    from collections.abc import Mapping

Shape = tuple[int, ...]
"""A value's extents without the batch: (height, width, channels), or (features,)."""


@dataclass(frozen=True, slots=True)
class Node:
    """An op and the names of the values that it reads."""

    op: ops.Op
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by name; each gives one value of that name."""

    nodes: Mapping[str, Node]
    output: str

    def op(self, name: str) -> ops.Op:
        """Return the op of node ``name``."""
        return self.nodes[name].op

    def is_image(self, name: str) -> bool:
        """Return whether a value is the image, or the image shifted."""
        node = self.nodes[name]
        return isinstance(node.op, ops.Input) or (isinstance(node.op, ops.Shift) and isinstance(self.op(node.inputs[0]), ops.Input))

    def readers(self) -> dict[str, list[str]]:
        """Return who reads each value, once for each use; the graph's own output is read by ``""``."""
        found: dict[str, list[str]] = {name: [] for name in self.nodes}
        for name, node in self.nodes.items():
            for source in node.inputs:
                found[source].append(name)
        found[self.output].append("")
        return found

    def replaced(self, nodes: Mapping[str, Node], moved: Mapping[str, str] | None = None) -> Graph:
        """Return the graph with ``nodes`` put in, added or in place of those of their name.

        Who read a key of ``moved`` reads its value instead, but for the nodes put in, which say for themselves what they
        read. What nobody reads any more is dropped.
        """

        def now(name: str) -> str:
            while moved and name in moved:
                name = moved[name]
            return name

        everything = {name: Node(node.op, tuple(now(source) for source in node.inputs)) for name, node in self.nodes.items() if name not in nodes}
        everything.update(nodes)
        return _ordered(everything, now(self.output))

    def fresh(self, name: str) -> str:
        """Return ``name``, made longer until no node has it: layers of any model may be named as what a rewrite puts in."""
        while name in self.nodes:
            name += "_"
        return name

    def shapes(self) -> dict[str, Shape]:
        """Return the shape of every value."""
        found: dict[str, Shape] = {}
        for name, node in self.nodes.items():
            found[name] = _shape(node.op, [found[source] for source in node.inputs], self, node)
        return found


def _ordered(nodes: Mapping[str, Node], output: str) -> Graph:
    """Sort by what each reads, depth first, without recursion: DenseNet is hundreds of nodes deep."""
    done: dict[str, Node] = {}
    stack = [output]
    while stack:
        name = stack[-1]
        waiting = [source for source in nodes[name].inputs if source not in done]
        if waiting:
            stack.extend(reversed(waiting))
        else:
            done.setdefault(name, nodes[name])
            stack.pop()
    return Graph(done, output)


def _shape(op: ops.Op, sources: list[Shape], graph: Graph, node: Node) -> Shape:  # noqa: C901 (a case for each op)
    match op:
        case ops.Input(px):
            return (px, px, 3)
        case ops.Conv(kernel, _, stride, padding) | ops.Depthwise(kernel, _, stride, padding):
            height, width = (padding.out(extent, size, stride) for extent, size in zip(sources[0][:2], kernel.shape[:2], strict=True))
            return (height, width, kernel.shape[-1])
        case ops.Winograd(kernel):
            return (*sources[0][:2], kernel.shape[-1])
        case ops.Dense(kernel):
            return (*sources[0][:-1], kernel.shape[-1])
        case ops.DenseStandIn(outputs=outputs):
            return (*sources[0][:-1], outputs)
        case ops.Pool(_, size, stride, padding):
            return (padding.out(sources[0][0], size, stride), padding.out(sources[0][1], size, stride), sources[0][2])
        case ops.GlobalAverage(as_image):
            return (1, 1, sources[0][-1]) if as_image else sources[0][-1:]
        case ops.Flatten():
            return (math.prod(sources[0]),)
        case ops.Concat():
            return (*sources[0][:-1], sum(source[-1] for source in sources))
        case ops.Pad(rows, columns):
            return (sources[0][0] + sum(rows), sources[0][1] + sum(columns), sources[0][2])
        case ops.SpaceToDepth(block):
            return (sources[0][0] // block, sources[0][1] // block, sources[0][2] * block * block)
        case ops.DepthToSpace(block):
            return (sources[0][0] * block, sources[0][1] * block, sources[0][2] // block**2)
        case ops.Opaque(shapes=shapes):
            return shapes[0]
        case ops.Output(index):
            source = graph.op(node.inputs[0])
            assert isinstance(source, ops.Opaque)  # nothing else has several outputs
            return source.shapes[index]
        case _:
            return sources[0]
