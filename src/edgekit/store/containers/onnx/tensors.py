"""The tensors of an ONNX file."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from edgekit.store.containers.protobuf import Span, fields, numbers, spans
from edgekit.store.containers.tensors import Boundary, Kernel, Layer, Tensors

if TYPE_CHECKING:
    import mmap
    from collections.abc import Mapping

# Fields of onnx.proto, by message.
_GRAPH = 7
_NODE, _CONSTANT, _INPUT, _OUTPUT = 1, 5, 11, 12
_READ, _GIVEN, _KIND = 1, 2, 4
_DIMS, _TYPE, _CONSTANT_NAME = 1, 2, 8
_VALUE_NAME, _VALUE_TYPE, _TENSOR, _ELEMENT, _SHAPE, _EXTENT, _EXTENT_VALUE = 1, 2, 1, 1, 2, 1, 1
_DTYPES = {1: "float32", 2: "uint8", 3: "int8", 5: "int16", 6: "int32", 7: "int64", 9: "bool", 10: "float16", 11: "float64"}
_WEIGHTED = {
    **dict.fromkeys(("Conv", "ConvInteger", "ConvTranspose"), Layer.CONVOLUTION),
    **dict.fromkeys(("Gemm", "MatMul", "MatMulInteger"), Layer.DENSE),
}
# Of kernels; convolutions of volumes have more: no precision but float16 is theirs, whatever the converter is asked for.
_MAX_DIMENSIONS = 4
# Those whose third input is a bias; it is a zero point in others.
_BIASED = ("Conv", "ConvTranspose", "Gemm")
# What gives a constant in another type, or in another order.
_SAME_NUMBERS = ("Cast", "DequantizeLinear", "Transpose", "Reshape")
_QUANTISES, _READS_8_BITS = "QuantizeLinear", "DequantizeLinear"
_NO_VALUE = -1


@dataclass(frozen=True, slots=True)
class _Node:
    kind: str
    read: tuple[str, ...]
    given: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Constant:
    dtype: str
    dims: tuple[int, ...]


def read(data: bytes | mmap.mmap) -> Tensors:
    """Read the tensors of a file's graph; those of branches within it do not count.

    Raises:
        IndexError, UnicodeDecodeError: the file is damaged.

    """
    graphs = list(spans(data, (0, len(data)), _GRAPH))
    if len(graphs) != 1:
        raise IndexError("a model has one graph")
    nodes = [_node(data, span) for span in spans(data, graphs[0], _NODE)]
    constants = dict(_constant(data, span) for span in spans(data, graphs[0], _CONSTANT))
    given_by = {node.given[0]: node for node in nodes if node.given and node.kind in _SAME_NUMBERS and node.read}
    inputs = (_boundary(data, span) for span in spans(data, graphs[0], _INPUT))
    found = Tensors(
        inputs=tuple(value for value in inputs if value.name not in constants),
        outputs=tuple(_boundary(data, span) for span in spans(data, graphs[0], _OUTPUT)),
        steps=any(node.kind == _QUANTISES for node in nodes),
    )
    for node in nodes:
        if node.kind in _WEIGHTED and len(node.read) > 1:
            kernel = constants.get(_source(node.read[1], given_by))
            if kernel and len(kernel.dims) <= _MAX_DIMENSIONS:
                found.kernels.append(_kernel(kernel, node, constants, given_by))
    return found


def _kernel(kernel: _Constant, node: _Node, constants: Mapping[str, _Constant], given_by: Mapping[str, _Node]) -> Kernel:
    bias = constants.get(_source(node.read[2], given_by)) if node.kind in _BIASED and len(node.read) > 2 else None
    layer = _WEIGHTED[node.kind]
    return Kernel(
        dtype=kernel.dtype,
        numbers=prod(kernel.dims),
        layer=layer,
        is_scale=layer is Layer.CONVOLUTION and prod(kernel.dims[1:]) == 1,
        bias=bias.dtype if bias else None,
        takes_8_bits=_has_8_bits(node.read[0], given_by),
    )


def _has_8_bits(name: str, given_by: Mapping[str, _Node]) -> bool:
    """Return whether values have 8 bits that are read as float32, in whatever order."""
    for _ in range(len(given_by)):
        node = given_by.get(name)
        if node is None or node.kind == _READS_8_BITS:
            break
        name = node.read[0]
    return name in given_by and given_by[name].kind == _READS_8_BITS


def _source(name: str, given_by: Mapping[str, _Node]) -> str:
    """Return the constant that a tensor is, in whatever type or order it is read."""
    for _ in range(len(given_by)):
        if name not in given_by:
            break
        name = given_by[name].read[0]
    return name


def _node(data: bytes | mmap.mmap, span: Span) -> _Node:
    kind = ""
    names: dict[int, list[str]] = {_READ: [], _GIVEN: []}
    for number, value in fields(data, span):
        if isinstance(value, tuple) and number in names:
            names[number].append(_text(data, value))
        elif isinstance(value, tuple) and number == _KIND:
            kind = _text(data, value)
    return _Node(kind, tuple(names[_READ]), tuple(names[_GIVEN]))


def _constant(data: bytes | mmap.mmap, span: Span) -> tuple[str, _Constant]:
    name = next((_text(data, found) for found in spans(data, span, _CONSTANT_NAME)), "")
    return name, _Constant(_dtype(next(numbers(data, span, _TYPE), 0)), tuple(numbers(data, span, _DIMS)))


def _boundary(data: bytes | mmap.mmap, span: Span) -> Boundary:
    name = next((_text(data, found) for found in spans(data, span, _VALUE_NAME)), "")
    tensors = (tensor for kind in spans(data, span, _VALUE_TYPE) for tensor in spans(data, kind, _TENSOR))
    tensor = next(tensors, (0, 0))
    shape = next(spans(data, tensor, _SHAPE), (0, 0))
    extents = (next(numbers(data, extent, _EXTENT_VALUE), _NO_VALUE) for extent in spans(data, shape, _EXTENT))
    return Boundary(name, _dtype(next(numbers(data, tensor, _ELEMENT), 0)), tuple(extents))


def _dtype(number: int) -> str:
    return _DTYPES.get(number, f"type {number}")


def _text(data: bytes | mmap.mmap, span: Span) -> str:
    return bytes(data[slice(*span)]).decode()
