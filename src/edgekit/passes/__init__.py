"""Rewrites that do not change what is computed, each in a file of its own: those of the graph are here, those of files with their format.

Which there are, in their order, is told by the fields of `edgekit.spec.rewrites.Rewrites`. A rewrite that meets what it does not
know leaves it alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from edgekit.spec.passes import Stage
from edgekit.spec.rewrites import REWRITES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edgekit.graph.graph import Graph
    from edgekit.spec.rewrites import Rewrite, Rewrites


@dataclass(frozen=True, slots=True)
class Pass:
    """A rewrite that is to be done: its name in records, what does it, and its settings."""

    name: str
    function: Callable[..., Any]
    settings: object

    def run(self, value: Any) -> Any:
        """Do it to a graph, and return the graph; or to a file's model in place, and return whether it changed something."""
        return self.function(value) if self.settings is True else self.function(value, self.settings)


def function_of(rewrite: Rewrite) -> Callable[..., Any]:
    """Return what does a rewrite: the function of its name, in the module of its name."""
    function: Callable[..., Any] = getattr(import_module(f"{rewrite.row.stage.package}.{rewrite.field}"), rewrite.field)
    return function


def passes(rewrites: Rewrites, stage: Stage) -> Iterator[Pass]:
    """Yield what is to be done at a stage, in its order."""
    for rewrite in REWRITES:
        if rewrite.row.stage is stage and rewrite.is_in(rewrites):
            yield Pass(rewrite.name, function_of(rewrite), getattr(rewrites, rewrite.field))


def rewritten(graph: Graph, rewrites: Rewrites) -> tuple[Graph, tuple[str, ...]]:
    """Return the graph after the rewrites of it that ``rewrites`` ask for, and the names of those that changed something."""
    applied = []
    for each in passes(rewrites, Stage.GRAPH):
        changed = each.run(graph)
        if _differs(graph, changed):
            applied.append(each.name)
        graph = changed
    return graph, tuple(applied)


def rewrite_file(model: Any, rewrites: Rewrites, stage: Stage) -> tuple[str, ...]:
    """Do to a file's model, in place, what ``rewrites`` ask for at a stage; return the names of those that changed something."""
    return tuple(each.name for each in passes(rewrites, stage) if each.run(model))


def _differs(before: Graph, after: Graph) -> bool:
    return {name: id(node.op) for name, node in before.nodes.items()} != {name: id(node.op) for name, node in after.nodes.items()}
