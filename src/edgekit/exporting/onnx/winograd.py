"""One-dimensional Winograd in ONNX, along the image's columns: channels first, tiles that lie one below the other are whole rows.

What is done before and after the products is written as depthwise convolutions and sums, since ONNX Runtime computes those where the
products are, in blocks of channels, and adds sums within the convolution before them. Slices and differences would have each value
brought to another layout and back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgekit.graph.winograd import input_kernels, products_of, transformed, untiled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.exporting.onnx.nodes import Nodes
    from edgekit.graph import ops
    from edgekit.graph.graph import Shape
    from edgekit.graph.ops import Floats


def write_winograd(nodes: Nodes, op: ops.Winograd, image: Shape, source: str, name: str) -> str:
    """Write ``op`` on an ``image`` (height, width, channels); returns the value's name."""
    return _Tiled(nodes, op, image, name).write(source)


class _Tiled:
    """The parts of one such convolution, named after it and numbered."""

    def __init__(self, nodes: Nodes, op: ops.Winograd, image: Shape, name: str) -> None:
        self._nodes, self._op, self._name, self._count = nodes, op, name, 0
        self._height, self._width, self._in = image
        self._taps, self._out = len(op.kernel), op.kernel.shape[3]
        self._tiles = -(-self._height // op.tile)

    def write(self, source: str) -> str:
        kernels = transformed(self._op.kernel, self._op.tile).transpose(0, 3, 2, 1)[:, :, :, np.newaxis]
        beside = self._taps // 2
        products = [
            self._nodes.conv(value, kernel, self._op.bias if index == 1 else None, f"{self._name}_product_{index}", pads=[0, beside, 0, beside])
            for index, (value, kernel) in enumerate(zip(self._turned(source), kernels, strict=True))
        ]
        rows = untiled(products, self._op.tile, folded=self._sum_and_difference, add=self._add, times=self._times)
        joined = self._step("Concat", rows, axis=3)
        whole_height = self._tiles * self._op.tile
        shape = self._nodes.integers(f"{self._name}_shape", [1, self._out, whole_height, self._width])
        if whole_height == self._height:
            return self._nodes.add("Reshape", [joined, shape], self._name)
        whole = self._step("Reshape", [joined, shape])
        bounds = [self._nodes.integers(f"{self._name}_{part}", [value]) for part, value in (("first", 0), ("last", self._height), ("axis", 2))]
        return self._nodes.add("Slice", [whole, *bounds], self._name)

    def _turned(self, source: str) -> list[str]:
        """Return what each product's kernel is convolved with, (1, channels, tiles, width): a strided kernel over the rows."""
        products = products_of(self._op.tile, self._taps)
        above = self._taps // 2
        pads = [above, 0, (self._tiles - 1) * self._op.tile + products - above - self._height, 0]
        strides = (self._op.tile, 1)
        return [
            self._nodes.conv(source, _each(self._in, row), None, f"{self._name}_rows_{index}", pads=pads, strides=strides, group=self._in)
            for index, row in enumerate(input_kernels(products))
        ]

    def _sum_and_difference(self, a: str, b: str) -> tuple[str, str]:
        total = self._add(a, b)
        return total, self._add(self._times(-2, b), total)

    def _add(self, a: str, b: str) -> str:
        return self._step("Add", [a, b])

    def _times(self, factor: int, a: str) -> str:
        self._count += 1
        kernel = _each(self._out, np.full(1, factor, np.float32))
        return self._nodes.conv(a, kernel, None, f"{self._name}_step_{self._count}", pads=[0] * 4, group=self._out)

    def _step(self, kind: str, inputs: Sequence[str], **attributes: Any) -> str:
        self._count += 1
        return self._nodes.add(kind, inputs, f"{self._name}_step_{self._count}", **attributes)


def _each(channels: int, column: Floats) -> Floats:
    """Return a kernel of one ``column`` for each of so many channels."""
    return np.tile(column.reshape(1, 1, -1, 1), (channels, 1, 1, 1))
