"""Which int8 TFLite models can be written as ONNX here: those whose operators do to images and vectors what the writers take for granted.

In a model from elsewhere the same operator may mean another thing: a mean over channels, a concatenation of rows, a fully
connected layer for each pixel. Such a model goes through tf2onnx.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgekit.exporting.onnx.qdq.operators import FUSED, WRITERS
from edgekit.exporting.tflite.layers import kind_of

if TYPE_CHECKING:
    Shape = tuple[int, ...]

_Kind = schema.BuiltinOperator


def kinds(model: schema.ModelT) -> list[int]:
    """Return what each operator is."""
    return [kind_of(model, operator) for operator in model.subgraphs[0].operators]


def can_write(model: schema.ModelT) -> bool:
    """Whether every operator of the model is known here, in the way that it is used."""
    seen = _Seen(model)
    return all(seen.knows(kind, operator) for kind, operator in zip(kinds(model), model.subgraphs[0].operators, strict=True))


class _Seen:
    """Walks over the operators in their order. ``rows`` are images of which a pixel row is one vector: (1, height, width · channels)."""

    def __init__(self, model: schema.ModelT) -> None:
        self._model = model
        self._tensors = model.subgraphs[0].tensors
        self._rows: dict[int, Shape] = {}

    def knows(self, kind: int, operator: schema.OperatorT) -> bool:
        if kind not in WRITERS or getattr(operator.builtinOptions, "fusedActivationFunction", FUSED[0]) not in FUSED:
            return False
        values = [int(number) for number in operator.inputs if number >= 0 and not self._is_constant(int(number))]
        if not values or not self._fits(kind, operator, values):
            return False
        if kind in _ELEMENTWISE and values[0] in self._rows:
            self._rows[int(operator.outputs[0])] = self._rows[values[0]]
        # Images and vectors, and nothing between.
        return all(len(self._shape(number)) in (2, 4) or number in self._rows for number in (*values, int(operator.outputs[0])))

    def _fits(self, kind: int, operator: schema.OperatorT, values: list[int]) -> bool:
        source, output = self._shape(values[0]), self._shape(int(operator.outputs[0]))
        options = operator.builtinOptions
        match kind:
            case _Kind.RESHAPE:
                return self._reshapes(values[0], int(operator.outputs[0]))
            case _Kind.MEAN:
                return len(source) == 4 and sorted(self._stored(int(operator.inputs[1]))) == [1, 2]
            case _Kind.CONCATENATION:
                return len(values) == len(operator.inputs) and options.axis in (-1, len(output) - 1)
            case _Kind.FULLY_CONNECTED:
                return len(output) == 2 and math.prod(source[1:]) == self._shape(int(operator.inputs[1]))[1]
            case _Kind.SOFTMAX:
                return len(source) == 2 and options.beta == 1
            case _Kind.RESIZE_BILINEAR:
                return bool(options.halfPixelCenters and not options.alignCorners)
            case _Kind.PAD:
                return self._pads(values[0], operator)
            case _ if kind in _ELEMENTWISE:
                return all(len(self._shape(number)) == len(source) for number in values)
            case _:
                return True

    def _reshapes(self, source: int, output: int) -> bool:
        """Whether an image is flattened, or taken for its rows, or put back; and note the rows."""
        before, after = self._shape(source), self._shape(output)
        image = self._rows.get(source, before[1:])
        if len(before) == 4 and after == (1, before[1], before[2] * before[3]):
            self._rows[output] = before[1:]
            return True
        return after in ((1, *image), (1, math.prod(image)))

    def _pads(self, source: int, operator: schema.OperatorT) -> bool:
        """Whether zeros are put around an image, or around its rows, whole pixels of them; and note the rows."""
        image, output = self._rows.get(source, self._shape(source)[1:]), int(operator.outputs[0])
        along = np.reshape(self._stored(int(operator.inputs[1])), (-1, 2))
        if source in self._rows:
            height, row = self._shape(output)[1:]
            self._rows[output] = (height, row // image[2], image[2])
            return bool(not along[0].any() and not (along[2] % image[2]).any())
        return len(image) == 3 and not along[[0, 3]].any()

    def _shape(self, number: int) -> Shape:
        return tuple(int(extent) for extent in self._tensors[number].shape)

    def _stored(self, number: int) -> list[int]:
        return [int(value) for value in np.asarray(self._model.buffers[self._tensors[number].buffer].data).view(np.int32)]

    def _is_constant(self, number: int) -> bool:
        data = self._model.buffers[self._tensors[number].buffer].data
        return data is not None and len(data) > 0


_ELEMENTWISE = (_Kind.ADD, _Kind.SUB, _Kind.MUL, _Kind.PRELU)
