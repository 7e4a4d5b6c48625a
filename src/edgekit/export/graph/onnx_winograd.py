"""One-dimensional Winograd in ONNX. Channels first, the tiles lie one below the other: their rows are slices of a reshape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgekit.export.graph.winograd import transformed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.export.graph import ops
    from edgekit.export.graph.graph import Shape
    from edgekit.export.graph.onnx_nodes import Nodes


def write_winograd(nodes: Nodes, op: ops.Winograd, image: Shape, source: str, name: str) -> str:
    """Write ``op`` on an ``image`` (height, width, channels); returns the value's name."""
    return _Tiled(nodes, op, image, name).write(source)


class _Tiled:
    """The parts of one such convolution, named after it and numbered."""

    def __init__(self, nodes: Nodes, op: ops.Winograd, image: Shape, name: str) -> None:
        self._nodes, self._op, self._name, self._count = nodes, op, name, 0
        self._height, self._width, self._in = image
        self._tile = op.tile
        self._tiles = -(-self._height // op.tile)

    def write(self, source: str) -> str:
        d = self._rows(source)
        turned = self._turned2(d) if self._tile == 2 else self._turned4(d)
        # The transform runs down the image here, so the kernel's rows and columns change places; its columns stay a convolution.
        kernels = transformed(self._op.kernel.transpose(1, 0, 2, 3), self._tile).transpose(0, 3, 2, 1)[:, :, :, np.newaxis]
        m = [
            self._nodes.conv(value, kernel, self._op.bias if index == 1 else None, f"{self._name}_product_{index}", pads=[0, 1, 0, 1])
            for index, (value, kernel) in enumerate(zip(turned, kernels, strict=True))
        ]
        joined = self._step("Concat", self._untiled2(m) if self._tile == 2 else self._untiled4(m), axis=3)
        shape = self._nodes.integers(f"{self._name}_shape", [1, self._op.kernel.shape[3], self._tiles * self._tile, self._width])
        if self._tiles * self._tile == self._height:
            return self._nodes.add("Reshape", [joined, shape], self._name)
        whole = self._step("Reshape", [joined, shape])
        bounds = [self._nodes.integers(f"{self._name}_{part}", [value]) for part, value in (("first", 0), ("last", self._height), ("axis", 2))]
        return self._nodes.add("Slice", [whole, *bounds], self._name)

    def _rows(self, source: str) -> list[str]:
        """Return every tile's ``tile + 2`` rows, each (1, channels, tiles, width); row j of a tile that begins at t is t + j − 1."""
        below = (self._tiles + 1) * self._tile - self._height - 1
        pads = self._nodes.integers(f"{self._name}_pads", [0, 0, 1, 0, 0, 0, below, 0])
        padded = self._step("Pad", [source, pads])
        shape = self._nodes.integers(f"{self._name}_rows", [1, self._in, self._tiles + 1, self._tile * self._width])
        rows = self._step("Reshape", [padded, shape])
        return [self._slice(rows, 0, j) for j in range(self._tile)] + [self._slice(rows, 1, j) for j in range(2)]

    def _slice(self, rows: str, tile: int, row: int) -> str:
        name = f"{self._name}_row_{tile * self._tile + row}"
        first = self._nodes.integers(f"{name}_first", [tile, row * self._width])
        last = self._nodes.integers(f"{name}_last", [tile + self._tiles, (row + 1) * self._width])
        axes = self._nodes.integers(f"{name}_axes", [2, 3])
        return self._nodes.add("Slice", [rows, first, last, axes], name)

    def _turned2(self, d: list[str]) -> list[str]:
        return [self._sub(d[0], d[2]), self._add(d[1], d[2]), self._sub(d[2], d[1]), self._sub(d[3], d[1])]

    def _untiled2(self, m: list[str]) -> list[str]:
        return [self._add(m[0], self._add(m[1], m[2])), self._add(m[3], self._sub(m[1], m[2]))]

    def _turned4(self, d: list[str]) -> list[str]:
        even, odd = self._sub(d[4], self._times(4, d[2])), self._sub(d[3], self._times(4, d[1]))
        far_even, far_odd = self._sub(d[4], d[2]), self._times(2, self._sub(d[3], d[1]))
        first = self._add(self._sub(self._times(4, d[0]), self._times(5, d[2])), d[4])
        last = self._add(self._sub(self._times(4, d[1]), self._times(5, d[3])), d[5])
        middle = [self._add(even, odd), self._sub(even, odd), self._add(far_even, far_odd), self._sub(far_even, far_odd)]
        return [first, *middle, last]

    def _untiled4(self, m: list[str]) -> list[str]:
        near, near_odd = self._add(m[1], m[2]), self._sub(m[1], m[2])
        far, far_odd = self._add(m[3], m[4]), self._sub(m[3], m[4])
        return [
            self._add(self._add(m[0], near), far),
            self._add(near_odd, self._times(2, far_odd)),
            self._add(near, self._times(4, far)),
            self._add(self._add(near_odd, self._times(8, far_odd)), m[5]),
        ]

    def _add(self, a: str, b: str) -> str:
        return self._step("Add", [a, b])

    def _sub(self, a: str, b: str) -> str:
        return self._step("Sub", [a, b])

    def _times(self, factor: float, a: str) -> str:
        self._count += 1
        return self._step("Mul", [a, self._nodes.constant(f"{self._name}_factor_{self._count}", np.array(factor, np.float32))])

    def _step(self, kind: str, inputs: Sequence[str], **attributes: Any) -> str:
        self._count += 1
        return self._nodes.add(kind, inputs, f"{self._name}_step_{self._count}", **attributes)
