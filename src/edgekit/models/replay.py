"""A model's own operations called again, one after the other: the same layers, with no model inside the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

from edgekit.graph import ops
from edgekit.models.calls import call_of
from edgekit.models.reader import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from keras import KerasTensor


def flat(model: keras.Model, instead: Callable[[Any, Any], Any] = lambda operation, shape: operation) -> keras.Model:
    """Return a functional model of the same layers and weights.

    ``instead`` gives what takes an operation's place, by the shape of what it reads.
    """
    graph = read(model, opaque=True)
    values: dict[str, Any] = {}
    image: Any = None
    for name, node in graph.nodes.items():
        match node.op:
            case ops.Input(px):
                image = values[name] = keras.Input((px, px, 3), name=name)
            case ops.Opaque(operation, arguments):
                given = {id(tensor): values[source] for tensor, source in zip(arguments.keras_tensors, node.inputs, strict=True)}
                args, kwargs = arguments.fill_in(given)
                shapes = [values[source].shape for source in node.inputs if hasattr(values[source], "shape")]
                taken = instead(operation, shapes[0]) if shapes else operation
                values[name] = operation(*args, **kwargs) if taken is operation else taken(values[node.inputs[0]])
            case ops.Output(index):
                values[name] = values[node.inputs[0]][index]
    make_names_distinct(values[graph.output])
    return keras.Model(image, values[graph.output], name="network")


def make_names_distinct(output: KerasTensor) -> None:
    """Add a number to the name of each operation behind ``output`` that another one bears, which Keras refuses in a model.

    Two models within one may name their layers alike.
    """
    calls: dict[int, Any] = {}
    waiting = [output]
    while waiting:
        call = call_of(waiting.pop())
        if id(call) not in calls:
            calls[id(call)] = call
            waiting += call.arguments.keras_tensors
    operations = {id(call.operation): call.operation for call in calls.values()}
    taken: set[str] = set()
    for operation in reversed(operations.values()):
        name, count = operation.name, 1
        while operation.name in taken:
            count += 1
            operation.name = f"{name}_{count}"
        taken.add(operation.name)
