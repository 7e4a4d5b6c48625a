"""What a model file's own graph says of its tensors."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# What kernels are stored in, in NumPy's words but for 8 bits, which have a sign in one format and none in another.
FLOAT32, FLOAT16, EIGHT_BITS = "float32", "float16", "8 bits"
_OF_EIGHT_BITS = ("int8", "uint8")


class Layer(StrEnum):
    """A kind of layer with a kernel: precisions treat them apart."""

    DENSE = "fully connected layers"
    CONVOLUTION = "convolutions"


@dataclass(frozen=True, slots=True)
class Boundary:
    """A tensor at a model's boundary: ``dtype`` in NumPy's words, ``shape`` with -1 where an extent is open or not said."""

    name: str
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """A layer's constant kernel: its type in NumPy's words, and how many numbers it has.

    ``is_scale`` says that it has one number a channel, as a norm has that is written as a convolution. ``bias`` is the type of the
    layer's constant bias (``None``: it has none), and ``takes_8_bits`` says that what the layer multiplies with the kernel has 8
    bits in the file itself.
    """

    dtype: str
    numbers: int
    layer: Layer
    is_scale: bool = False
    bias: str | None = None
    takes_8_bits: bool = False

    @property
    def stored(self) -> str:
        """What it is stored in, whether 8 bits have a sign or none."""
        return EIGHT_BITS if self.dtype in _OF_EIGHT_BITS else self.dtype


@dataclass(slots=True)
class Tensors:
    """A graph's inputs and outputs, and its layers' constant kernels. ``steps`` says that values between operators have 8 bits."""

    inputs: tuple[Boundary, ...] = ()
    outputs: tuple[Boundary, ...] = ()
    kernels: list[Kernel] = field(default_factory=list)
    steps: bool = False

    def in_8_bits(self) -> Iterator[Kernel]:
        """Yield the kernels that have 8 bits."""
        return (kernel for kernel in self.kernels if kernel.stored == EIGHT_BITS)

    def stored(self, layer: Layer, *, min_numbers: int = 0) -> Counter[str]:
        """Return how many numbers of a kind of layers are stored in each type: of kernels that have so many, and are no scale."""
        found: Counter[str] = Counter()
        for kernel in self.kernels:
            if kernel.layer is layer and kernel.numbers >= min_numbers and not kernel.is_scale:
                found[kernel.stored] += kernel.numbers
        return found
