"""Channels of zeros where a width is no multiple of what a runtime computes at once.

A convolution gets zero kernels for the new channels, whatever reads it carries them along, and the next layer with weights
takes no notice of them: its kernel has zeros there.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edgekit.graph import ops
from edgekit.graph.graph import Graph, Node, Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgekit.spec.rewrites import PadChannels

_CARRIES = (
    ops.Depthwise,
    ops.Affine,
    ops.Shift,
    ops.Leaky,
    ops.Clip,
    ops.LeakyByChannel,
    ops.Pool,
    ops.GlobalAverage,
    ops.Flatten,
    ops.Concat,
    ops.Add,
    ops.Pad,
)


@dataclass(frozen=True, slots=True)
class _Wide:
    """A value with padding: ``channels`` in all, of which the original ones are at ``kept``."""

    channels: int
    kept: NDArray[np.intp]

    @property
    def is_whole(self) -> bool:
        """Whether nothing was added."""
        return self.channels == len(self.kept)

    def spread(self, values: NDArray[np.float32], axis: int, fill: float = 0.0) -> NDArray[np.float32]:
        """Return ``values`` with their entries along ``axis`` at ``kept``, ``fill`` elsewhere."""
        wide = np.full((*values.shape[:axis], self.channels, *values.shape[axis + 1 :]), fill, np.float32)
        np.moveaxis(wide, axis, 0)[self.kept] = np.moveaxis(values, axis, 0)
        return wide


def pad_channels(graph: Graph, settings: PadChannels) -> Graph:
    """Bring the channels of convolutions to a multiple of ``settings.multiple``, from ``settings.least_channels`` on.

    Left alone where the channels reach the graph's output, an op that is not known here, or a sum whose other side has its
    zeros in other places.
    """
    fixed: set[str] = set()
    while True:
        nodes, wide = _widened(graph, settings, _may_grow(graph, fixed))
        uneven = _uneven_sums(graph, wide)
        if not uneven:
            return graph.replaced(nodes)
        fixed |= uneven  # at least one of them had grown, so this comes to an end


def _widened(graph: Graph, settings: PadChannels, may_grow: dict[str, bool]) -> tuple[dict[str, Node], dict[str, _Wide]]:
    """Return the nodes that change, and what every node gives."""
    shapes = graph.shapes()
    wide: dict[str, _Wide] = {}
    nodes: dict[str, Node] = {}
    for name, node in graph.nodes.items():
        sources = [wide[source] for source in node.inputs]
        op, wide[name] = _padded(node.op, sources, shapes[name], settings if may_grow[name] else None)
        if not all(value.is_whole for value in (wide[name], *sources)):
            nodes[name] = Node(op, node.inputs)
    return nodes, wide


def _uneven_sums(graph: Graph, wide: dict[str, _Wide]) -> set[str]:
    """Return what is read by sums whose two sides no longer have the same channels in the same places."""
    sums = [[*node.inputs] for node in graph.nodes.values() if isinstance(node.op, ops.Add)]
    return {
        source
        for first, second in sums
        if wide[first].channels != wide[second].channels or not np.array_equal(wide[first].kept, wide[second].kept)
        for source in (first, second)
    }


def _may_grow(graph: Graph, fixed: set[str]) -> dict[str, bool]:
    """Tell of each value whether all its readers, and theirs, can carry more channels or take no notice of them; ``fixed`` ones cannot."""
    readers = graph.readers()
    grows: dict[str, bool] = {}
    for name in reversed(list(graph.nodes)):
        grows[name] = name not in fixed and all(_accepts(graph, grows, reader) for reader in readers[name])
    return grows


def _accepts(graph: Graph, grows: dict[str, bool], reader: str) -> bool:
    if not reader:
        return False
    op = graph.op(reader)
    return isinstance(op, ops.Conv | ops.Dense) or (isinstance(op, _CARRIES) and grows[reader])


def _padded(op: ops.Op, sources: list[_Wide], shape: Shape, settings: PadChannels | None) -> tuple[ops.Op, _Wide]:
    """Return an op for wider ``sources``, and what it gives; ``settings`` where a convolution may give more."""
    match op:
        case ops.Conv(kernel, bias):
            wide = _grown(shape[-1], settings)
            kernel = wide.spread(sources[0].spread(kernel, 2), 3)
            return dataclasses.replace(op, kernel=kernel, bias=wide.spread(bias, 0)), wide
        case ops.Depthwise(kernel, bias):
            return dataclasses.replace(op, kernel=sources[0].spread(kernel, 2), bias=sources[0].spread(bias, 0)), sources[0]
        case ops.Dense(kernel):
            return dataclasses.replace(op, kernel=sources[0].spread(kernel, 0)), _whole(shape[-1])
        case ops.Affine(scale, shift):
            return ops.Affine(sources[0].spread(scale, 0), sources[0].spread(shift, 0)), sources[0]
        case ops.Shift(values):
            return ops.Shift(sources[0].spread(values, 0)), sources[0]
        case ops.LeakyByChannel(slopes):
            return ops.LeakyByChannel(sources[0].spread(slopes, 0, fill=1.0)), sources[0]
        case ops.Concat():
            starts = np.cumsum([0, *(source.channels for source in sources)])
            kept = np.concatenate([source.kept + start for source, start in zip(sources, starts, strict=False)])
            return op, _Wide(int(starts[-1]), kept)
        case ops.Flatten():
            pixels = np.arange(shape[0] // len(sources[0].kept))[:, np.newaxis]
            return op, _Wide(len(pixels) * sources[0].channels, (pixels * sources[0].channels + sources[0].kept).ravel())
        case ops.Leaky() | ops.Clip() | ops.Pool() | ops.GlobalAverage() | ops.Add() | ops.Pad():
            return op, sources[0]
        case _:
            return op, _whole(shape[-1])


def _whole(channels: int) -> _Wide:
    return _Wide(channels, np.arange(channels))


def _grown(channels: int, settings: PadChannels | None) -> _Wide:
    if settings is None or channels < settings.least_channels:
        return _whole(channels)
    return _Wide(-(-channels // settings.multiple) * settings.multiple, np.arange(channels))
