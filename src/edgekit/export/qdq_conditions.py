"""Which operators of an int8 TFLite model `qdq` can write: an image's channels are moved first there, and not every operator bears that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from ai_edge_litert import schema_py_generated as schema

if TYPE_CHECKING:
    from collections.abc import Callable

    Condition = Callable[[schema.SubGraphT, schema.ModelT, schema.OperatorT], bool]

_Kind = schema.BuiltinOperator
_IMAGE, _ROWS, _VECTOR = 4, 3, 2


def holds(kind: int, model: schema.ModelT, operator: schema.OperatorT) -> bool:
    """Whether an operator works on images (batch, height, width, channels) and vectors in the way that its writer takes for granted."""
    graph = model.subgraphs[0]
    ranks = {len(_shape(graph, number)) for number in (*operator.inputs[:1], *operator.outputs)}
    if _ROWS in ranks and kind not in _ON_ROWS:
        return False
    return ranks <= {_IMAGE, _ROWS, _VECTOR} and _CONDITIONS.get(kind, _always)(graph, model, operator)


def _always(graph: schema.SubGraphT, model: schema.ModelT, operator: schema.OperatorT) -> bool:
    return True


def _mean(graph: schema.SubGraphT, model: schema.ModelT, operator: schema.OperatorT) -> bool:
    axes = np.asarray(model.buffers[graph.tensors[operator.inputs[1]].buffer].data, np.uint8).view(np.int32)
    return len(_shape(graph, operator.inputs[0])) == _IMAGE and sorted(axes % _IMAGE) == [1, 2]


def _reshape(graph: schema.SubGraphT, model: schema.ModelT, operator: schema.OperatorT) -> bool:
    """Allow an image to become a vector, or rows (batch, height, width · channels), and rows an image of the same height."""
    before, after = _shape(graph, operator.inputs[0]), _shape(graph, operator.outputs[0])
    if (len(before), len(after)) == (_IMAGE, _VECTOR):
        return before[0] == after[0]
    return (len(before), len(after)) in ((_IMAGE, _ROWS), (_ROWS, _IMAGE)) and before[:2] == after[:2]


def _concatenation(graph: schema.SubGraphT, model: schema.ModelT, operator: schema.OperatorT) -> bool:
    rank = len(_shape(graph, operator.outputs[0]))
    return bool(operator.builtinOptions.axis % rank == rank - 1)


def _softmax(graph: schema.SubGraphT, model: schema.ModelT, operator: schema.OperatorT) -> bool:
    return len(_shape(graph, operator.inputs[0])) == _VECTOR


def _dense(graph: schema.SubGraphT, model: schema.ModelT, operator: schema.OperatorT) -> bool:
    return len(_shape(graph, operator.outputs[0])) == _VECTOR


def _elementwise(graph: schema.SubGraphT, model: schema.ModelT, operator: schema.OperatorT) -> bool:
    computed = [number for number in operator.inputs if model.buffers[graph.tensors[number].buffer].data is None]
    return len({len(_shape(graph, number)) for number in (*computed, *operator.outputs)}) == 1


def _shape(graph: schema.SubGraphT, number: int) -> tuple[int, ...]:
    return tuple(int(extent) for extent in graph.tensors[number].shape)


_ARITHMETIC = (_Kind.ADD, _Kind.SUB, _Kind.MUL, _Kind.PRELU)
_ON_ROWS = (*_ARITHMETIC, _Kind.RESHAPE)
_CONDITIONS: dict[int, Condition] = {
    _Kind.MEAN: _mean,
    _Kind.RESHAPE: _reshape,
    _Kind.CONCATENATION: _concatenation,
    _Kind.SOFTMAX: _softmax,
    _Kind.FULLY_CONNECTED: _dense,
    **dict.fromkeys(_ARITHMETIC, _elementwise),
}
