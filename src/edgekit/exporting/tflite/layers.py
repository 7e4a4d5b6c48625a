"""The layers of a TFLite graph: found, named, and asked what they answer."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

_Kind = schema.BuiltinOperator
WEIGHTED = (_Kind.CONV_2D, _Kind.DEPTHWISE_CONV_2D, _Kind.FULLY_CONNECTED)


def operators(model: schema.ModelT, kinds: Sequence[int]) -> list[int]:
    """Return which operators are of these kinds, in the order in which they run."""
    return [index for index, operator in enumerate(model.subgraphs[0].operators) if kind_of(model, operator) in kinds]


def kind_of(model: schema.ModelT, operator: schema.OperatorT) -> int:
    """Return which built-in operator one is; the first 127 kinds have a field of their own, which is all that old writers fill."""
    code = model.operatorCodes[operator.opcodeIndex]
    return int(max(code.builtinCode, code.deprecatedBuiltinCode))


def name_of(model: schema.ModelT, tensor: int) -> str:
    """Return the name of a tensor."""
    return str(model.subgraphs[0].tensors[tensor].name.decode())


def output_of(model: schema.ModelT, operator: int) -> str:
    """Return the name of what an operator gives."""
    return name_of(model, int(model.subgraphs[0].operators[operator].outputs[0]))


def names_of(model: schema.ModelT, operator: int) -> list[str]:
    """Return the names of what a layer gives: its own, and that behind the turning back to float32, which has the float graph's."""
    graph = model.subgraphs[0]
    output = int(graph.operators[operator].outputs[0])
    back = operators(model, [_Kind.DEQUANTIZE])
    behind = [int(graph.operators[index].outputs[0]) for index in back if int(graph.operators[index].inputs[0]) == output]
    return [name_of(model, tensor) for tensor in (output, *behind)]


def opened(data: bytes, shape: tuple[int, ...], *, keep: bool = True) -> Interpreter:
    """Return an interpreter of the graph for an image of this shape, which may ``keep`` what every layer answers.

    To do so it computes as LiteRT does without XNNPACK, which in int8 rounds in another way here and there.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that keeping all tensors is for looking into a graph
        interpreter = Interpreter(model_content=data, num_threads=1, experimental_preserve_all_tensors=keep)
    interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], shape, strict=True)
    interpreter.allocate_tensors()
    return interpreter


def activations(interpreter: Interpreter, image: NDArray[np.uint8], only: Collection[str] = ()) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Run the graph; give the name and the values of every tensor, or of ``only`` some, as float32, what is quantised turned back."""
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
    interpreter.invoke()
    for details in interpreter.get_tensor_details():
        if only and details["name"] not in only:
            continue
        try:
            values = interpreter.get_tensor(details["index"])
        except ValueError:  # a temporary of a kernel has no data
            continue
        yield details["name"], in_float(values, *details["quantization"])


def in_float(values: NDArray[Any], scale: float, zero: int) -> NDArray[np.float32]:
    """Return what stored values stand for; where there is no ``scale``, they stand for themselves."""
    return (values.astype(np.float32) - np.float32(zero)) * np.float32(scale) if scale else values.astype(np.float32)
