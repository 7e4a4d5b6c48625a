"""Rewrites that do not change what is computed: each maps a graph to a graph, in a file of its own.

A pass that meets what it does not know leaves it alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgekit.passes.average_convolution import average_as_convolution
from edgekit.passes.batch_norm import fold_batch_norm
from edgekit.passes.channel_padding import pad_channels
from edgekit.passes.four_pixels import four_pixels_at_once
from edgekit.passes.input_norm import fold_input_norm
from edgekit.passes.late_activation import activate_after_max_pool
from edgekit.passes.norm_convolution import norm_as_convolution
from edgekit.passes.pool_swap import pool_before_pointwise
from edgekit.passes.pre_activation import fold_pre_activation
from edgekit.passes.space_to_depth import stem_on_blocks
from edgekit.passes.split_convolutions import split_convolutions
from edgekit.passes.unread_pixels import skip_unread_pixels
from edgekit.passes.winograd import use_winograd

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgekit.graph.graph import Graph
    from edgekit.spec.rewrites import Rewrites

# By the field of `Rewrites` that switches it on, in the order in which they run: later ones build on what earlier ones leave.
PASSES: dict[str, Callable[..., Graph]] = {
    "fold_batch_norm": fold_batch_norm,
    "fold_input_norm": fold_input_norm,
    "skip_unread_pixels": skip_unread_pixels,
    "activate_after_max_pool": activate_after_max_pool,
    "pool_before_pointwise": pool_before_pointwise,
    "fold_pre_activation": fold_pre_activation,
    "stem_on_blocks": stem_on_blocks,
    "four_pixels_at_once": four_pixels_at_once,
    "norm_as_convolution": norm_as_convolution,
    "average_as_convolution": average_as_convolution,
    "pad_channels": pad_channels,
    "use_winograd": use_winograd,
    "split_convolutions": split_convolutions,
}


def rewritten(graph: Graph, rewrites: Rewrites) -> tuple[Graph, tuple[str, ...]]:
    """Return the graph after the passes that ``rewrites`` ask for, and the names of those that changed something."""
    applied = []
    for field, run in PASSES.items():
        settings: Any = getattr(rewrites, field)
        if not settings:
            continue
        changed = run(graph) if settings is True else run(graph, settings)
        if _differs(graph, changed):
            applied.append(field.replace("_", "-"))
        graph = changed
    return graph, tuple(applied)


def _differs(before: Graph, after: Graph) -> bool:
    return {name: id(node.op) for name, node in before.nodes.items()} != {name: id(node.op) for name, node in after.nodes.items()}
