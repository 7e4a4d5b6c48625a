"""Whether a TFLite file holds together: every offset, vector, index and buffer is where it may be.

LiteRT opens a file without that, and reads wherever a damaged one leads. What the operators then do with their tensors is not looked at.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from edgekit.store.containers.flatbuffer import Budget, Table, root

if TYPE_CHECKING:
    import mmap
    from collections.abc import Iterable, Sequence

# Fields of TFLite's schema.fbs, by table.
_CODES, _SUBGRAPHS, _BUFFERS, _METADATA_BUFFERS, _METADATA, _SIGNATURES = 1, 2, 4, 5, 6, 7
_TENSORS, _INPUTS, _OUTPUTS, _OPERATORS, _GRAPH_NAME = 0, 1, 2, 3, 4
_SHAPE, _TYPE, _BUFFER, _NAME, _QUANTISATION, _SPARSITY, _SIGNATURE = 0, 1, 2, 3, 4, 6, 7
_MINIMA, _MAXIMA, _SCALES, _ZERO_POINTS, _DETAILS, _DIMENSION = 0, 1, 2, 3, 4, 6
_CODE, _READ, _GIVEN, _OPTIONS_KIND, _OPTIONS, _CUSTOM_OPTIONS, _INTERMEDIATES = 0, 1, 2, 3, 4, 5, 8
_CUSTOM_CODE = 1
_DATA, _OFFSET, _SIZE = 0, 1, 2
_METADATA_NAME, _METADATA_BUFFER = 0, 1
_SIGNATURE_INPUTS, _SIGNATURE_OUTPUTS, _SIGNATURE_KEY, _SIGNATURE_GRAPH = 0, 1, 2, 4
_MAP_NAME, _MAP_TENSOR = 0, 1
_NO_TENSOR = -1
# Bits of a number, by TensorType; of the others (strings, resources, variants) a shape does not tell the size.
_KINDS_OF_BITS = {128: (11,), 64: (4, 8, 10, 12), 32: (0, 2, 15), 16: (1, 7, 16, 18), 8: (3, 6, 9, 21, 22), 4: (17, 20), 2: (19,)}
_BITS = {kind: bits for bits, kinds in _KINDS_OF_BITS.items() for kind in kinds}
_MOST_DIMENSIONS = 8
# ReshapeOptions and SqueezeOptions, of the union BuiltinOptions.
_OPTIONS_WITH_A_VECTOR = (17, 30)


def check(data: bytes | mmap.mmap) -> None:
    """Look through the file's structure.

    Raises:
        IndexError: it does not hold together; the message says where.

    """
    model = root(data, Budget())
    codes, buffers, graphs = model.tables(_CODES), model.tables(_BUFFERS), model.tables(_SUBGRAPHS)
    _hold(bool(graphs), "there is no graph")
    for code in codes:
        code.hold()
        code.extent(_CUSTOM_CODE)
    sizes = [_buffer_bytes(buffer) for buffer in buffers]
    for graph in graphs:
        _check_graph(graph, len(codes), sizes)
    for entry in model.tables(_METADATA):
        entry.extent(_METADATA_NAME)
        _hold(entry.number(_METADATA_BUFFER, "I") < len(buffers), "metadata in a buffer that there is not")
    _hold_numbers(model.numbers(_METADATA_BUFFERS), range(len(buffers)), "metadata in a buffer that there is not")
    for signature in model.tables(_SIGNATURES):
        _check_signature(signature, graphs)


def _buffer_bytes(buffer: Table) -> int:
    """Return how many bytes a buffer has, in the flatbuffer or behind it."""
    start, size = buffer.number(_OFFSET, "Q"), buffer.number(_SIZE, "Q")
    if start > 1:
        _hold(start + size <= len(buffer.data), "a buffer beyond the end")
        return size
    return buffer.extent(_DATA)


def _check_graph(graph: Table, codes: int, sizes: Sequence[int]) -> None:
    graph.extent(_GRAPH_NAME)
    tensors = graph.tables(_TENSORS)
    for tensor in tensors:
        _check_tensor(tensor, sizes)
    known = range(len(tensors))
    for field in (_INPUTS, _OUTPUTS):
        _hold_numbers(graph.numbers(field), known, "a graph's input or output is no tensor of it")
    for operator in graph.tables(_OPERATORS):
        _hold(operator.number(_CODE, "I") < codes, "an operator of a kind that there is not")
        _hold_numbers(operator.numbers(_READ), range(_NO_TENSOR, len(tensors)), "an operator reads what is no tensor")
        _hold_numbers(operator.numbers(_GIVEN), known, "an operator gives what is no tensor")
        _hold_numbers(operator.numbers(_INTERMEDIATES), range(_NO_TENSOR, len(tensors)), "an operator keeps what is no tensor")
        options = operator.table(_OPTIONS)
        if options:
            options.hold()
            if operator.number(_OPTIONS_KIND, "B") in _OPTIONS_WITH_A_VECTOR:
                options.numbers(0)
        operator.extent(_CUSTOM_OPTIONS)


def _check_tensor(tensor: Table, sizes: Sequence[int]) -> None:
    tensor.extent(_NAME)
    shape = tensor.numbers(_SHAPE) or ()
    tensor.numbers(_SIGNATURE)
    kind, buffer = tensor.number(_TYPE, "b"), tensor.number(_BUFFER, "I")
    _hold(len(shape) <= _MOST_DIMENSIONS and all(extent >= -1 for extent in shape), "a tensor of an impossible shape")
    _hold(buffer < len(sizes), "a tensor in a buffer that there is not")
    sparse = tensor.table(_SPARSITY)
    if sparse:
        sparse.hold()
    elif sizes[buffer] and kind in _BITS:
        _hold(sizes[buffer] == -(-prod(shape) * _BITS[kind] // 8), "a tensor whose shape does not fit its buffer")
    quantisation = tensor.table(_QUANTISATION)
    if quantisation:
        _check_quantisation(quantisation, shape)


def _check_quantisation(quantisation: Table, shape: Sequence[int]) -> None:
    for field in (_MINIMA, _MAXIMA):
        quantisation.extent(field, 4)
    scales, zeros = quantisation.extent(_SCALES, 4) // 4, quantisation.extent(_ZERO_POINTS, 8) // 8
    dimension = quantisation.number(_DIMENSION, "i")
    if quantisation.number(_DETAILS, "B"):  # blocks, or a scheme of somebody's own
        return
    if scales > 1:
        _hold(0 <= dimension < len(shape) and scales == shape[dimension], "scales that do not fit a tensor's channels")
    _hold(zeros in (0, 1, scales), "zero points that do not fit a tensor's scales")


def _check_signature(signature: Table, graphs: Sequence[Table]) -> None:
    signature.extent(_SIGNATURE_KEY)
    number = signature.number(_SIGNATURE_GRAPH, "I")
    _hold(number < len(graphs), "a signature of a graph that there is not")
    tensors = graphs[number].length(_TENSORS)
    for field in (_SIGNATURE_INPUTS, _SIGNATURE_OUTPUTS):
        for entry in signature.tables(field):
            entry.extent(_MAP_NAME)
            _hold(entry.number(_MAP_TENSOR, "I") < tensors, "a signature names what is no tensor")


def _hold_numbers(found: Iterable[int] | None, allowed: range, otherwise: str) -> None:
    _hold(all(number in allowed for number in found or ()), otherwise)


def _hold(true: bool, otherwise: str) -> None:
    if not true:
        raise IndexError(otherwise)
