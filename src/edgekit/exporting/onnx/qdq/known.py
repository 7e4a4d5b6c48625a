"""Which int8 TFLite models can be written as ONNX here: those whose operators do to images and vectors what the writers take for granted.

In a model from elsewhere the same operator may mean another thing: a mean over channels, a concatenation of rows, a fully
connected layer for each pixel. Such a model goes through tf2onnx.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from edgekit.exporting.onnx.qdq.operators import WRITERS
from edgekit.exporting.tflite.operator import Activation, Kind

if TYPE_CHECKING:
    from edgekit.exporting.tflite.model import TFLiteModel
    from edgekit.exporting.tflite.operator import Operator

    Shape = tuple[int, ...]


def can_write(model: TFLiteModel) -> bool:
    """Whether every operator of the model is known here, in the way that it is used."""
    seen = _Seen(model)
    return all(seen.knows(operator) for operator in model.operators)


class _Seen:
    """Walks over the operators in their order. ``rows`` are images of which a pixel row is one vector: (1, height, width · channels)."""

    def __init__(self, model: TFLiteModel) -> None:
        self._tensors = model.tensors
        self._rows: dict[int, Shape] = {}

    def knows(self, operator: Operator) -> bool:
        if operator.kind not in WRITERS or operator.activation not in tuple(Activation):
            return False
        values = [number for number in operator.inputs if number >= 0 and not self._tensors[number].is_constant]
        if not values or not self._fits(operator, values):
            return False
        if operator.kind in _ELEMENTWISE and values[0] in self._rows:
            self._rows[operator.output] = self._rows[values[0]]
        # Images and vectors, and nothing between.
        return all(len(self._shape(number)) in (2, 4) or number in self._rows for number in (*values, operator.output))

    def _fits(self, operator: Operator, values: list[int]) -> bool:
        source, output = self._shape(values[0]), self._shape(operator.output)
        options = operator.options
        match operator.kind:
            case Kind.RESHAPE:
                return self._reshapes(values[0], operator.output)
            case Kind.MEAN:
                return len(source) == 4 and sorted(self._stored(operator.inputs[1])) == [1, 2]
            case Kind.CONCATENATION:
                return len(values) == len(operator.inputs) and options.axis in (-1, len(output) - 1)
            case Kind.FULLY_CONNECTED:
                return len(output) == 2 and math.prod(source[1:]) == self._shape(operator.inputs[1])[1]
            case Kind.SOFTMAX:
                return len(source) == 2 and options.beta == 1
            case Kind.RESIZE_BILINEAR:
                return bool(options.halfPixelCenters and not options.alignCorners)
            case Kind.PAD:
                return self._pads(values[0], operator)
            case kind if kind in _ELEMENTWISE:
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

    def _pads(self, source: int, operator: Operator) -> bool:
        """Whether zeros are put around an image, or around its rows, whole pixels of them; and note the rows."""
        image, output = self._rows.get(source, self._shape(source)[1:]), operator.output
        along = np.reshape(self._stored(operator.inputs[1]), (-1, 2))
        if source in self._rows:
            height, row = self._shape(output)[1:]
            self._rows[output] = (height, row // image[2], image[2])
            return bool(not along[0].any() and not (along[2] % image[2]).any())
        return len(image) == 3 and not along[[0, 3]].any()

    def _shape(self, number: int) -> Shape:
        return self._tensors[number].shape

    def _stored(self, number: int) -> list[int]:
        return [int(value) for value in self._tensors[number].stored.ravel()]


_ELEMENTWISE = (Kind.ADD, Kind.SUB, Kind.MUL, Kind.PRELU)
