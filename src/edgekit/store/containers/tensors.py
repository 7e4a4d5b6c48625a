"""What a model file's own graph says of its tensors, and whether a contract is true of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

from edgekit.spec.format import Precision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.spec.tensor import TensorSpec

# The converter leaves smaller kernels in float32, whatever it is asked for.
LEAST_KERNEL = 1024
_FLOAT32, _FLOAT16, _NARROW = "float32", "float16", "8 bits"
_EIGHT_BITS = ("int8", "uint8")


@dataclass(frozen=True, slots=True)
class Boundary:
    """A tensor at a model's boundary: ``dtype`` in NumPy's words, ``shape`` with -1 where an extent is open or not said."""

    name: str
    dtype: str
    shape: tuple[int, ...]


@dataclass(slots=True)
class Tensors:
    """A graph's inputs and outputs, and in which types its kernels are stored.

    ``kernels`` has an entry for each convolution's and fully connected layer's constant kernel: its type, how many numbers it has, and
    whether the layer is fully connected. ``steps`` says that values between operators have 8 bits.
    """

    inputs: tuple[Boundary, ...] = ()
    outputs: tuple[Boundary, ...] = ()
    kernels: list[tuple[str, int, bool]] = field(default_factory=list)
    steps: bool = False

    def stored(self, *, dense: bool | None = None) -> Counter[str]:
        """Return how many numbers of kernels are stored in each type, of fully connected layers alone or of others; small kernels do not count."""
        found: Counter[str] = Counter()
        for dtype, numbers, is_dense in self.kernels:
            if numbers >= LEAST_KERNEL and dense in (None, is_dense):
                found[_NARROW if dtype in _EIGHT_BITS else dtype] += numbers
        return found


def untrue(tensors: Tensors, precision: Precision, image: TensorSpec, scores: TensorSpec) -> str:
    """Return what a contract says that the graph does not bear out, or an empty string."""
    for what, told, found in (("input", image, tensors.inputs), ("output", scores, tensors.outputs)):
        if len(found) != 1:
            return f"one {what}, where the graph has {len(found)}"
        if not _agrees(told, found[0]):
            return f"the {what} {told.name}, {told.dtype.value} {told.shape}, where the graph has {found[0].name}, {found[0].dtype} {found[0].shape}"
    problem = _another_precision(tensors, precision)
    return f"{precision.value}, where {problem}" if problem else ""


def _agrees(told: TensorSpec, found: Boundary) -> bool:
    return (told.name, told.dtype.value) == (found.name, found.dtype) and _same_shape(told.shape, found.shape)


def _same_shape(told: Sequence[int], found: Sequence[int]) -> bool:
    return len(told) == len(found) and all(-1 in pair or pair[0] == pair[1] for pair in zip(told, found, strict=True))


def _another_precision(tensors: Tensors, precision: Precision) -> str:
    """Return why a file is not of a precision, or an empty string. A network may have too little that a precision is about to tell it."""
    if precision is Precision.INT8:
        narrow = any(dtype in _EIGHT_BITS for dtype, _, _ in tensors.kernels) or not tensors.kernels
        return "" if tensors.steps and narrow else "nothing is computed in 8 bits"
    if tensors.steps:
        return "values between operators have 8 bits"
    match precision:
        case Precision.FLOAT32:
            stored = tensors.stored()
            return f"kernels are stored in {_NARROW}" if stored[_NARROW] else _mostly_in(stored, _FLOAT32, but=(_FLOAT16,))
        case Precision.FLOAT16:
            return _mostly_in(tensors.stored(), _FLOAT16, but=(_FLOAT32, _NARROW))
        case Precision.MIXED:
            others = _mostly_in(tensors.stored(dense=False), _FLOAT32, but=(_FLOAT16, _NARROW))
            return others or _mostly_in(tensors.stored(dense=True), _NARROW, but=(_FLOAT32, _FLOAT16))
        case Precision.DYNAMIC:
            return _mostly_in(tensors.stored(), _NARROW, but=(_FLOAT32, _FLOAT16))
        case _:
            assert_never(precision)


def _mostly_in(stored: Counter[str], wanted: str, *, but: tuple[str, ...]) -> str:
    return next((f"kernels are stored in {other}" for other in but if stored[other] > stored[wanted]), "")
