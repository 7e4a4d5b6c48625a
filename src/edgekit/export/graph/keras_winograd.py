"""One-dimensional Winograd in Keras. Channels last, the tiles lie side by side: their columns are slices of a reshape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from edgekit.export.graph.keras_layers import Step, convolved
from edgekit.export.graph.winograd import transformed

if TYPE_CHECKING:
    from edgekit.export.graph import ops


def write_winograd(op: ops.Winograd, x: Any, name: str) -> Any:
    """Return what ``op`` gives for ``x``, (batch, height, width, channels): ``tile + 2`` convolutions between two steps."""
    _, height, width, channels = x.shape
    column = (None, height, -(-width // op.tile), channels)
    turned = Step(lambda image: _turned(_columns(image, op.tile)), [column] * (op.tile + 2), f"{name}_columns")(x)
    # The bias goes into the second product, which every output has once.
    products = [
        convolved(value, kernel[:, np.newaxis], op.bias if index == 1 else None, f"{name}_product_{index}")
        for index, (value, kernel) in enumerate(zip(turned, transformed(op.kernel, op.tile), strict=True))
    ]
    return Step(lambda parts: _joined(_untiled(parts), width), (None, height, width, op.kernel.shape[-1]), name)(products)


def _columns(x: Any, tile: int) -> list[Any]:
    """Return every tile's ``tile + 2`` columns, each (batch, height, tiles, channels): slices of a reshape, which cost a copy at most.

    Column j of a tile that begins at pixel t is pixel t + j − 1, zeros beyond the edges.
    """
    _, height, width, channels = x.shape
    tiles = -(-width // tile)
    padded = keras.ops.pad(x, ((0, 0), (0, 0), (1, (tiles + 1) * tile - width - 1), (0, 0)))
    rows = keras.ops.reshape(padded, (-1, height, tiles + 1, tile * channels))
    here = [rows[:, :, :-1, j * channels : (j + 1) * channels] for j in range(tile)]
    return [*here, *(rows[:, :, 1:, j * channels : (j + 1) * channels] for j in range(2))]


def _turned(columns: list[Any]) -> list[Any]:
    """Return B d: what the kernels of one column are convolved with."""
    if len(columns) == 4:
        d0, d1, d2, d3 = columns
        return [d0 - d2, d1 + d2, d2 - d1, d3 - d1]
    d0, d1, d2, d3, d4, d5 = columns
    even, odd = d4 - 4 * d2, d3 - 4 * d1
    far_even, far_odd = d4 - d2, 2 * (d3 - d1)
    return [4 * d0 - 5 * d2 + d4, even + odd, even - odd, far_even + far_odd, far_even - far_odd, 4 * d1 - 5 * d3 + d5]


def _untiled(products: list[Any]) -> list[Any]:
    """Return A m: each column of the tiles' outputs."""
    if len(products) == 4:
        m0, m1, m2, m3 = products
        return [m0 + (m1 + m2), m3 + (m1 - m2)]
    m0, m1, m2, m3, m4, m5 = products
    near, near_odd, far, far_odd = m1 + m2, m1 - m2, m3 + m4, m3 - m4
    return [m0 + near + far, near_odd + 2 * far_odd, near + 4 * far, near_odd + 8 * far_odd + m5]


def _joined(columns: list[Any], width: int) -> Any:
    """Return columns of (batch, height, tiles, channels) as one image of ``width``."""
    joined = keras.ops.concatenate(columns, axis=-1)
    _, height, tiles, _ = joined.shape
    image = keras.ops.reshape(joined, (-1, height, tiles * len(columns), joined.shape[-1] // len(columns)))
    return image if tiles * len(columns) == width else image[:, :, :width]
