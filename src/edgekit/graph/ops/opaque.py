"""What no pass knows: Keras operations that are kept as they were called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.graph.ops.shape import Shape


@dataclass(frozen=True, eq=False, slots=True)
class Opaque:
    """A Keras operation that no pass knows: it is left alone, and called as it was.

    ``arguments`` are what it was called with (Keras' ``SymbolicArguments``); it gives ``shapes``, one for each output.
    """

    operation: Any
    arguments: Any
    shapes: tuple[Shape, ...]

    def output_shape(self, sources: Sequence[Shape]) -> Shape:
        """Return what the operation says; of several outputs the first, each `Output` has its own."""
        return self.shapes[0]


@dataclass(frozen=True, eq=False, slots=True)
class Output:
    """One output, of this ``shape``, of an `Opaque` that has several."""

    index: int
    shape: Shape

    def output_shape(self, sources: Sequence[Shape]) -> Shape:
        """Return the output's own."""
        return self.shape
