"""What goes into a model and what comes out."""

from __future__ import annotations

from enum import StrEnum
from math import prod
from typing import Annotated

import msgspec

from edgekit.spec.bounds import TensorName  # noqa: TC001 (msgspec reads the annotation)

# An RGB image of 44 megapixels.
_MOST_ELEMENTS = 2**27


class DType(StrEnum):
    """Element types at a model's boundary."""

    UINT8 = "uint8"
    FLOAT32 = "float32"


class TensorSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A tensor at a model's boundary.

    ``shape`` has -1 where any extent is accepted. ``low`` and ``high`` bound the values that are meaningful
    (``None``: unbounded).
    """

    name: TensorName
    shape: Annotated[tuple[Annotated[int, msgspec.Meta(ge=-1, le=2**24)], ...], msgspec.Meta(max_length=8)]
    dtype: DType
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if not self.name or any(extent == 0 or extent < -1 for extent in self.shape):
            raise ValueError(f"a tensor needs a name and extents of -1 or more than 0. Received: {self!r}")
        if prod(map(abs, self.shape)) > _MOST_ELEMENTS:
            raise ValueError(f"a tensor at a model's boundary has at most {_MOST_ELEMENTS:,} elements. Received: {self!r}")
