"""What goes into a model and what comes out."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class DType(StrEnum):
    """Element types at a model's boundary."""

    UINT8 = "uint8"
    FLOAT32 = "float32"


class TensorSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A tensor at a model's boundary.

    ``shape`` has -1 where any extent is accepted. ``low`` and ``high`` bound the values that are meaningful
    (``None``: unbounded).
    """

    name: str
    shape: tuple[int, ...]
    dtype: DType
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if not self.name or any(extent == 0 or extent < -1 for extent in self.shape):
            raise ValueError(f"a tensor needs a name and extents of -1 or more than 0. Received: {self!r}")
