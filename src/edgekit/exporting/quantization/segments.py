"""A TFLite graph that is run piece by piece, so that a change in one layer does not ask for those before it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ai_edge_litert.interpreter import Interpreter

from edgekit.exporting.quantization.interpreter import in_float

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from edgekit.exporting.tflite.model import TFLiteModel
    from edgekit.exporting.tflite.operator import Operator


class Pieces:
    """Runs ``model``'s operators on images, some after the others. Between two pieces the model may change from the last operator on."""

    def __init__(self, model: TFLiteModel, images: Sequence[NDArray[np.uint8]]) -> None:
        self._model = model
        self._next = 0
        # What is known of each image, by the tensors' numbers: what operators that are still to run read.
        self._known: list[dict[int, NDArray[Any]]] = [{model.inputs[0]: image} for image in images]

    def until(self, last: Operator) -> list[NDArray[np.float32]]:
        """Return what operator ``last`` answers to each image, in float32. It runs once more with the next piece."""
        end = self._model.operators.index(last)
        operators = self._model.operators[self._next : end + 1]
        made = {number for operator in operators[:-1] for number in operator.outputs}
        read = {number for operator in operators for number in operator.inputs} & self._known[0].keys()
        later = {number for operator in self._model.operators[end:] for number in operator.inputs}
        inputs, outputs = sorted(read), [*sorted(made & later), last.output]
        interpreter = Interpreter(model_content=self._model.part(operators, inputs, outputs).to_bytes(), num_threads=1)
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
        self._next = end
        return answers
