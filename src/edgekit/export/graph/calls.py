"""How Keras remembers what made a tensor: the one place that reads its history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keras import KerasTensor


def call_of(tensor: KerasTensor) -> Any:
    """Return the Keras node that made ``tensor``, with its operation and arguments: an operation may be called more than once."""
    operation, node_index, _ = tensor._keras_history
    return operation._inbound_nodes[node_index]


def make_names_distinct(output: KerasTensor) -> None:
    """Add a number to the name of each operation behind ``output`` that another one bears, which Keras refuses in a model.

    Two models within one may name their layers alike, and operations get names of their own while a graph is rebuilt.
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
