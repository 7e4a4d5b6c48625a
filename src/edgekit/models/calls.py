"""How Keras remembers what made a tensor: the one place that reads its history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keras import KerasTensor


def call_of(tensor: KerasTensor) -> Any:
    """Return the Keras node that made ``tensor``, with its operation and arguments: an operation may be called more than once."""
    operation, node_index, _ = tensor._keras_history
    return operation._inbound_nodes[node_index]
