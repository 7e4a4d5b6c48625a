"""The tensors of a TFLite file."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from edgekit.store.containers.flatbuffer import Table, root
from edgekit.store.containers.tensors import Boundary, Kernel, Layer, Tensors

if TYPE_CHECKING:
    import mmap
    from collections.abc import Iterator, Sequence

# Fields of TFLite's schema.fbs, by table.
_CODES, _SUBGRAPHS, _BUFFERS = 1, 2, 4
_OLD_KIND, _KIND = 0, 3
_TENSORS, _INPUTS, _OUTPUTS, _OPERATORS = 0, 1, 2, 3
_SHAPE, _TYPE, _BUFFER, _NAME, _SIGNATURE = 0, 1, 2, 3, 7
_CODE, _READ, _GIVEN = 0, 1, 2
_DATA = 0
# Values of its enum BuiltinOperator, and of TensorType.
_CONV, _DEPTHWISE, _DEQUANTIZE, _DENSE, _TRANSPOSED = 3, 4, 6, 9, 67
_WEIGHTED = {_CONV: Layer.CONVOLUTION, _DEPTHWISE: Layer.CONVOLUTION, _DENSE: Layer.DENSE, _TRANSPOSED: Layer.CONVOLUTION}
_DTYPES = {0: "float32", 1: "float16", 2: "int32", 3: "uint8", 4: "int64", 6: "bool", 7: "int16", 9: "int8"}
_INT8 = 9


def read(data: bytes | mmap.mmap) -> Tensors:
    """Read the tensors of a file's first subgraph.

    Raises:
        IndexError: the file is damaged.

    """
    model = root(data)
    graph = model.tables(_SUBGRAPHS)[0]
    tensors, buffers = graph.tables(_TENSORS), model.tables(_BUFFERS)
    kinds = [max(code.number(_KIND, "i"), code.number(_OLD_KIND, "b")) for code in model.tables(_CODES)]
    found = Tensors(
        inputs=tuple(_boundary(tensors[number]) for number in graph.numbers(_INPUTS) or ()),
        outputs=tuple(_boundary(tensors[number]) for number in graph.numbers(_OUTPUTS) or ()),
    )
    widened: dict[int, int] = {}
    for operator in graph.tables(_OPERATORS):
        kind = kinds[operator.number(_CODE, "I")]
        taken, given = operator.numbers(_READ) or (), operator.numbers(_GIVEN) or ()
        found.steps = found.steps or any(_type(tensors[number]) == _INT8 for number in given)
        if kind == _DEQUANTIZE:
            widened[given[0]] = taken[0]
        elif kind in _WEIGHTED and len(taken) > 1:
            found.kernels += _kernels([None if number < 0 else tensors[widened.get(number, number)] for number in taken], buffers, kind)
    return found


def _kernels(taken: Sequence[Table | None], buffers: Sequence[Table], kind: int) -> Iterator[Kernel]:
    """Yield the kernel of an operator that takes these tensors, if it is a constant."""
    first, kernel, third, fourth = (*taken, None, None)[:4]
    values, bias = (third, fourth) if kind == _TRANSPOSED else (first, third)
    if kernel is None or not _is_constant(kernel, buffers):
        return
    shape = kernel.numbers(_SHAPE) or ()
    channels = shape[-1:] if kind == _DEPTHWISE else shape[:1]
    yield Kernel(
        dtype=_dtype(kernel),
        numbers=prod(shape),
        layer=_WEIGHTED[kind],
        is_scale=kind != _DENSE and prod(shape) == prod(channels),
        bias=_dtype(bias) if bias else None,
        takes_8_bits=values is not None and _type(values) == _INT8,
    )


def _is_constant(tensor: Table, buffers: Sequence[Table]) -> bool:
    return buffers[tensor.number(_BUFFER, "I")].length(_DATA) > 0


def _boundary(tensor: Table) -> Boundary:
    return Boundary(tensor.text(_NAME), _dtype(tensor), tensor.numbers(_SIGNATURE) or tensor.numbers(_SHAPE) or ())


def _type(tensor: Table) -> int:
    return tensor.number(_TYPE, "b")


def _dtype(tensor: Table) -> str:
    number = _type(tensor)
    return _DTYPES.get(number, f"type {number}")
