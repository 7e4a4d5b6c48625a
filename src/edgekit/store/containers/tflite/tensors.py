"""The tensors of a TFLite file."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from edgekit.store.containers.flatbuffer import Table, root
from edgekit.store.containers.tensors import Boundary, Tensors

if TYPE_CHECKING:
    import mmap
    from collections.abc import Mapping, Sequence

# Fields of TFLite's schema.fbs, by table.
_CODES, _SUBGRAPHS, _BUFFERS = 1, 2, 4
_OLD_KIND, _KIND = 0, 3
_TENSORS, _INPUTS, _OUTPUTS, _OPERATORS = 0, 1, 2, 3
_SHAPE, _TYPE, _BUFFER, _NAME, _SIGNATURE = 0, 1, 2, 3, 7
_CODE, _READ, _GIVEN = 0, 1, 2
_DATA = 0
# Values of its enum BuiltinOperator, and of TensorType.
_CONV, _DEPTHWISE, _DEQUANTIZE, _DENSE, _TRANSPOSED = 3, 4, 6, 9, 67
_WEIGHTED = (_CONV, _DEPTHWISE, _DENSE, _TRANSPOSED)
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
            _add_kernel(found, tensors, buffers, widened, taken[1], dense=kind == _DENSE)
    return found


def _add_kernel(found: Tensors, tensors: Sequence[Table], buffers: Sequence[Table], widened: Mapping[int, int], number: int, *, dense: bool) -> None:
    kernel = tensors[widened.get(number, number)]
    if buffers[kernel.number(_BUFFER, "I")].length(_DATA):
        found.kernels.append((_dtype(kernel), prod(kernel.numbers(_SHAPE) or ()), dense))


def _boundary(tensor: Table) -> Boundary:
    return Boundary(tensor.text(_NAME), _dtype(tensor), tensor.numbers(_SIGNATURE) or tensor.numbers(_SHAPE) or ())


def _type(tensor: Table) -> int:
    return tensor.number(_TYPE, "b")


def _dtype(tensor: Table) -> str:
    number = _type(tensor)
    return _DTYPES.get(number, f"type {number}")
