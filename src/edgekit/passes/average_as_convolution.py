"""Average pools as depthwise convolutions, each number of whose kernel is 1 / (size · size).

Runtimes have fast kernels for these in int8, and none for average pools: XNNPACK leaves them to LiteRT's own, ONNX Runtime goes number by
number. DenseNet-121's three took a tenth of its time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgekit.graph import ops
from edgekit.graph.graph import Graph, Node

if TYPE_CHECKING:
    from edgekit.graph.graph import Shape
    from edgekit.spec.rewrites import AverageAsConvolution


def average_as_convolution(graph: Graph, settings: AverageAsConvolution) -> Graph:
    """Write each average pool so whose windows lie within the image: of others, an average counts fewer numbers.

    Windows larger than ``settings.most_size`` are left alone.
    """
    shapes = graph.shapes()
    nodes: dict[str, Node] = {}
    for name, node in graph.nodes.items():
        pool = node.op
        if not isinstance(pool, ops.Pool) or pool.kind is not ops.PoolKind.AVERAGE or pool.size > settings.most_size:
            continue
        if _is_within(shapes[node.inputs[0]], pool):
            channels = shapes[name][-1]
            kernel = np.full((pool.size, pool.size, channels), 1 / pool.size**2, np.float32)
            nodes[name] = Node(ops.Depthwise(kernel, np.zeros(channels, np.float32), pool.stride, ops.Padding.VALID), node.inputs)
    return graph.replaced(nodes)


def _is_within(image: Shape, pool: ops.Pool) -> bool:
    return not any(sum(pool.padding.before_after(side, pool.size, pool.stride)) for side in image[:2])
