"""The graph: named nodes in an order in which they can be computed, and its output. Never changed, only replaced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.graph import ops
from edgekit.graph.ops.shape import Shape

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Graph", "Node", "Shape"]


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
            found[name] = node.op.output_shape([found[source] for source in node.inputs])
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
