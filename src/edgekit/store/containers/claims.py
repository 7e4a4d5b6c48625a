"""Whether what a contract says of a model file is true of the tensors in its graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from edgekit.spec.format import Precision
from edgekit.store.containers.tensors import EIGHT_BITS, FLOAT16, FLOAT32, Layer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.spec.tensor import TensorSpec
    from edgekit.store.containers.tensors import Boundary, Tensors

# With ``DYNAMIC``, TensorFlow's converter leaves smaller kernels in float32; with ``INT8``, edgekit what brings an image to the network.
_MIN_NUMBERS = 1024
_BIAS = "int32"


def untrue(tensors: Tensors, precision: Precision, image: TensorSpec, scores: TensorSpec) -> str:
    """Return what a contract says that the graph does not bear out, or an empty string."""
    for what, told, found in (("input", image, tensors.inputs), ("output", scores, tensors.outputs)):
        if len(found) != 1:
            return f"one {what}, where the graph has {len(found)}"
        if not _agrees(told, found[0]):
            return f"the {what} {told.name}, {told.dtype.value} {told.shape}, where the graph has {found[0].name}, {found[0].dtype} {found[0].shape}"
    problem = another_precision(tensors, precision)
    return f"{precision.value}, where {problem}" if problem else ""


def _agrees(told: TensorSpec, found: Boundary) -> bool:
    return (told.name, told.dtype.value) == (found.name, found.dtype) and _same_shape(told.shape, found.shape)


def _same_shape(told: Sequence[int], found: Sequence[int]) -> bool:
    return len(told) == len(found) and all(-1 in pair or pair[0] == pair[1] for pair in zip(told, found, strict=True))


def another_precision(tensors: Tensors, precision: Precision, *, whole: bool = False) -> str:
    """Return why a file is not of a precision by what it stores, or an empty string.

    A network may have too little that a precision is about to tell it. And what the formats' converters cannot store so, such as
    a kernel that is computed, may be in float32: each kind of layers is judged by where most of its numbers are. An int8 file
    may keep layers in float32 where it lost too much; ``whole``: this one does not.
    """
    if precision is not Precision.INT8 and tensors.steps:
        return "values between operators have 8 bits"
    match precision:
        case Precision.FLOAT32:
            return next((f"kernels are stored in {kernel.stored}" for kernel in tensors.kernels if kernel.stored != FLOAT32), "")
        case Precision.FLOAT16:
            return _elsewhere(tensors, dense=FLOAT16, convolutions=FLOAT16)
        case Precision.MIXED:
            return _elsewhere(tensors, dense=EIGHT_BITS, convolutions=FLOAT32)
        case Precision.DYNAMIC:
            return _elsewhere(tensors, dense=EIGHT_BITS, convolutions=EIGHT_BITS, min_numbers=_MIN_NUMBERS)
        case Precision.INT8:
            problem = _not_in_integers(tensors)
            return problem or (_elsewhere(tensors, dense=EIGHT_BITS, convolutions=EIGHT_BITS, min_numbers=_MIN_NUMBERS) if whole else "")
        case _:
            assert_never(precision)


def _elsewhere(tensors: Tensors, *, dense: str, convolutions: str, min_numbers: int = 0) -> str:
    """Return in which other type most numbers of a kind of layers are, or an empty string."""
    for layer, wanted in ((Layer.CONVOLUTION, convolutions), (Layer.DENSE, dense)):
        stored = tensors.stored(layer, min_numbers=min_numbers)
        other = next((other for other in stored if stored[other] > stored[wanted]), "")
        if other:
            return f"kernels of {layer.value} are stored in {other}"
    return ""


def _not_in_integers(tensors: Tensors) -> str:
    narrow = list(tensors.in_8_bits())
    if not tensors.steps or (tensors.kernels and not narrow):
        return "nothing is computed in 8 bits"
    biases = {kernel.bias for kernel in narrow} - {None, _BIAS}
    if biases:
        return f"biases of layers in 8 bits are stored in {biases.pop()}"
    beside_floats = sum(not kernel.takes_8_bits for kernel in narrow)
    return "kernels of 8 bits are multiplied with values in float32" if beside_floats > len(narrow) - beside_floats else ""
