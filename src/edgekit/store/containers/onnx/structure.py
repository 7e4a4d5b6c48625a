"""Whether an ONNX file holds together: every message can be read, graphs are not nested without end, and constants are as large as they say.

ONNX Runtime and OpenVINO check what they read; this says it before they are asked, and keeps files out whose weights are elsewhere.
"""

from __future__ import annotations

from itertools import islice
from math import prod
from typing import TYPE_CHECKING

from edgekit.store.containers.protobuf import Span, fields, numbers, spans

if TYPE_CHECKING:
    import mmap

# Fields of onnx.proto, by message.
_GRAPH = 7
_NODE, _CONSTANT = 1, 5
_ATTRIBUTE, _TENSOR, _SUBGRAPH, _TENSORS, _SUBGRAPHS = 5, 5, 6, 10, 11
_DIMS, _TYPE, _RAW, _EXTERNAL, _PLACE = 1, 2, 9, 13, 14
# Bits of a number, by TensorProto.DataType, where raw bytes may stand for numbers.
_BITS = {1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128, 16: 16, 21: 4, 22: 4}
_MOST_NESTED, _MOST_DIMENSIONS = 20, 64


def check(data: bytes | mmap.mmap) -> None:
    """Look through the file's structure.

    Raises:
        IndexError: it does not hold together; the message says why.

    """
    for graph in spans(data, (0, len(data)), _GRAPH):
        _check_graph(data, graph, depth=0)


def _check_graph(data: bytes | mmap.mmap, graph: Span, *, depth: int) -> None:
    if depth > _MOST_NESTED:
        raise IndexError("graphs within graphs without end")
    for number, value in fields(data, graph):
        if not isinstance(value, tuple):
            continue
        if number == _CONSTANT:
            _check_tensor(data, value)
        elif number == _NODE:
            for attribute in spans(data, value, _ATTRIBUTE):
                _check_attribute(data, attribute, depth=depth)


def _check_attribute(data: bytes | mmap.mmap, attribute: Span, *, depth: int) -> None:
    for number, value in fields(data, attribute):
        if isinstance(value, tuple) and number in (_TENSOR, _TENSORS):
            _check_tensor(data, value)
        elif isinstance(value, tuple) and number in (_SUBGRAPH, _SUBGRAPHS):
            _check_graph(data, value, depth=depth + 1)


def _check_tensor(data: bytes | mmap.mmap, tensor: Span) -> None:
    dims = list(islice(numbers(data, tensor, _DIMS), _MOST_DIMENSIONS + 1))
    if len(dims) > _MOST_DIMENSIONS:
        raise IndexError("a constant of more dimensions than any has")
    kind = next(numbers(data, tensor, _TYPE), 0)
    if any(numbers(data, tensor, _PLACE)) or any(True for _ in spans(data, tensor, _EXTERNAL)):
        raise IndexError("a constant in another file")
    for start, end in spans(data, tensor, _RAW):
        if kind in _BITS and end - start != -(-prod(dims) * _BITS[kind] // 8):
            raise IndexError("a constant whose shape does not fit its bytes")
