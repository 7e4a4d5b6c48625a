"""One-dimensional Winograd: a kernel of three taps along a row, on tiles of ``tile`` pixels.

The matrices are those of Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2016: F(2, 3) with the points
0, ±1, and F(4, 3) with 0, ±1, ±2. With kernel g and input d, a tile's outputs are A((G g) ⊙ (B d)). The other direction of a
3 × 3 kernel stays a convolution, of which there is one for each of the ``tile + 2`` products.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from edgekit.export.graph.ops import Floats

Matrix = tuple[tuple[float, ...], ...]

_KERNEL: dict[int, Matrix] = {
    2: ((1, 0, 0), (1 / 2, 1 / 2, 1 / 2), (1 / 2, -1 / 2, 1 / 2), (0, 0, 1)),
    4: ((1 / 4, 0, 0), (-1 / 6, -1 / 6, -1 / 6), (-1 / 6, 1 / 6, -1 / 6), (1 / 24, 1 / 12, 1 / 6), (1 / 24, -1 / 12, 1 / 6), (0, 0, 1)),
}
TILES = tuple(_KERNEL)


def transformed(kernel: Floats, tile: int) -> Floats:
    """Return G g along a kernel's columns: float32 (3, 3, in, out) to (tile + 2, 3, in, out)."""
    turned = np.einsum("aj,ijco->aico", np.array(_KERNEL[tile]), kernel.astype(np.float64))
    return np.ascontiguousarray(turned, np.float32)
