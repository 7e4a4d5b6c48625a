"""One-dimensional Winograd, F(tile, taps): a kernel of so many taps down a column, on tiles of so many pixels.

With kernel g and input d, a tile's outputs are A((G g) ⊙ (B d)), with ``tile + taps − 1`` products: one for each point at which the
polynomials are evaluated, and one for infinity. Of the points, 0 is the first; the others come in pairs, 1 and −1, then 2 and −2.
The matrices are those of Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2016, which are for three taps (the last of
four products has the other sign here, in B and in A): B depends on the number of products alone, and a row of G is the kernel's polynomial
at its point, over the same divisor whatever the taps.
The other direction of the kernel stays a convolution, of which there is one for each product.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edgekit.graph.ops import Floats

Value = TypeVar("Value")

# By the number of products: each point, and what its row of G is divided by.
_POINTS = {
    4: ((0, 1), (1, 2), (-1, 2)),
    6: ((0, 4), (1, -6), (-1, -6), (2, 24), (-2, 24)),
}

_INPUT: dict[int, tuple[tuple[int, ...], ...]] = {
    4: ((1, 0, -1, 0), (0, 1, 1, 0), (0, -1, 1, 0), (0, -1, 0, 1)),
    6: ((4, 0, -5, 0, 1, 0), (0, -4, -4, 1, 1, 0), (0, 4, -4, -1, 1, 0), (0, -2, -1, 2, 1, 0), (0, 2, -1, -2, 1, 0), (0, 4, 0, -5, 0, 1)),
}


def tile_of(products: int, taps: int) -> int:
    """Return how many pixels so many products give."""
    return products - taps + 1


def products_of(tile: int, taps: int) -> int:
    """Return how many products a tile needs."""
    return tile + taps - 1


def transformed(kernel: Floats, tile: int) -> Floats:
    """Return G g down a kernel's columns: float32 (taps, columns, in, out) to (products, columns, in, out)."""
    taps = kernel.shape[0]
    at_points = [[point**power / divisor for power in range(taps)] for point, divisor in _POINTS[products_of(tile, taps)]]
    at_infinity = [0.0] * (taps - 1) + [1.0]
    turned = np.einsum("ai,ijco->ajco", np.array([*at_points, at_infinity]), kernel.astype(np.float64))
    return np.ascontiguousarray(turned, np.float32)


def input_kernels(products: int) -> Floats:
    """Return B, a row for each product: a kernel that strides over the image by a tile."""
    return np.array(_INPUT[products], np.float32)


def untiled(
    products: Sequence[Value],
    tile: int,
    *,
    folded: Callable[[Value, Value], tuple[Value, Value]],
    add: Callable[[Value, Value], Value],
    times: Callable[[int, Value], Value],
) -> list[Value]:
    """Return A m, a tile's outputs one by one; ``folded`` gives the sum and the difference of two products.

    Of a pair of points even powers take the sum and odd ones the difference. The first and the last product are in one output each.
    """
    first, *others, last = products
    points = [point for point, _ in _POINTS[len(products)][1::2]]
    pairs = [folded(*pair) for pair in zip(others[::2], others[1::2], strict=True)]
    outputs = []
    for power in range(tile):
        nearest, *further = [sides[power % 2] for sides in pairs]
        output = add(first, nearest) if power == 0 else nearest
        if power == tile - 1:
            output = add(last, output)
        for point, side in zip(points[1:], further, strict=True):
            output = add(times(point**power, side) if power else side, output)
        outputs.append(output)
    return outputs
