"""A TFLite graph that is run piece by piece, so that a change in one layer does not ask for those before it again."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from edgekit.exporting.tflite.layers import in_float
from edgekit.exporting.tflite.packing import packed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

_NO_TENSOR = -1


class Pieces:
    """Runs ``model``'s operators on images, some after the others. Between two pieces the model may change from the last operator on."""

    def __init__(self, model: schema.ModelT, images: Sequence[NDArray[np.uint8]]) -> None:
        self._model = model
        self._graph = model.subgraphs[0]
        self._next = 0
        # What is known of each image, by the tensors' numbers: what operators that are still to run read.
        self._known: list[dict[int, NDArray[Any]]] = [{int(self._graph.inputs[0]): image} for image in images]

    def until(self, last: int) -> list[NDArray[np.float32]]:
        """Return what operator ``last`` answers to each image, in float32. It runs once more with the next piece."""
        operators = self._graph.operators[self._next : last + 1]
        answer = int(self._graph.operators[last].outputs[0])
        made = {int(number) for operator in operators[:-1] for number in operator.outputs}
        read = {int(number) for operator in operators for number in operator.inputs} & self._known[0].keys()
        later = {int(number) for operator in self._graph.operators[last:] for number in operator.inputs}
        inputs, outputs = sorted(read), [*sorted(made & later), answer]
        interpreter = Interpreter(model_content=self._packed(operators, inputs, outputs), num_threads=1)
        sources = [details["index"] for details in interpreter.get_input_details()]
        targets = interpreter.get_output_details()
        for source, number in zip(sources, inputs, strict=True):
            interpreter.resize_tensor_input(source, self._known[0][number].shape, strict=False)
        interpreter.allocate_tensors()
        answers = []
        for known in self._known:
            for source, number in zip(sources, inputs, strict=True):
                interpreter.set_tensor(source, known[number])
            interpreter.invoke()
            given = [interpreter.get_tensor(target["index"]) for target in targets]
            answers.append(in_float(given[-1], *targets[-1]["quantization"]))
            known.update(zip(outputs[:-1], given[:-1], strict=True))
            for number in known.keys() - later:
                del known[number]
        self._next = last
        return answers

    def _packed(self, operators: Sequence[schema.OperatorT], inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        """Return a graph of these operators, with their own tensors and constants alone."""
        used = sorted({int(number) for operator in operators for number in (*operator.inputs, *operator.outputs)} - {_NO_TENSOR})
        tensors = [copy.copy(self._graph.tensors[number]) for number in used]
        buffers = [schema.BufferT(), *(self._model.buffers[tensor.buffer] for tensor in tensors)]
        for index, tensor in enumerate(tensors):
            tensor.buffer = index + 1
        place = {_NO_TENSOR: _NO_TENSOR, **{number: index for index, number in enumerate(used)}}
        graph = copy.copy(self._graph)
        graph.tensors, graph.operators = tensors, [_moved(operator, place) for operator in operators]
        graph.inputs, graph.outputs = ([place[number] for number in numbers] for numbers in (inputs, outputs))
        part = copy.copy(self._model)
        part.subgraphs, part.buffers, part.signatureDefs, part.metadata = [graph], buffers, None, None
        return packed(part, sum(len(buffer.data) for buffer in buffers if buffer.data is not None))


def _moved(operator: schema.OperatorT, place: Mapping[int, int]) -> schema.OperatorT:
    """Return an operator that reads and writes tensors by other numbers."""
    moved = copy.copy(operator)
    moved.inputs, moved.outputs = ([place[int(number)] for number in numbers] for numbers in (operator.inputs, operator.outputs))
    return moved
