"""How a Keras 2 configuration says what its layers read: calls are nodes, and tensors are references to what a call gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgekit.models.keras2.refusal import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Mapping


def is_reference(value: Any, known: Mapping[str, Any]) -> bool:
    """Return whether a value names a tensor: a layer of the model, the number of its call, and that of the output."""
    return (
        isinstance(value, list)
        and len(value) in (3, 4)
        and isinstance(value[0], str)
        and value[0] in known
        and all(isinstance(number, int) for number in value[1:3])
    )


def read_by(node: Any, known: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return the calls whose outputs a node reads, in its first argument or in the others."""
    if is_reference(node, known):
        return [(node[0], node[1]), *(read_by(node[3], known) if len(node) == 4 else [])]
    if isinstance(node, dict):
        return [found for each in node.values() for found in read_by(each, known)]
    return [found for each in node for found in read_by(each, known)] if isinstance(node, list) else []


def keywords(node: Any) -> dict[str, Any]:
    """Return the other arguments of a call: they stand with each of its tensors."""
    if isinstance(node, list) and len(node) == 4 and isinstance(node[0], str) and isinstance(node[3], dict):
        return node[3]
    inside = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return next((found for each in inside if (found := keywords(each))), {})


def references(layers: Any) -> list[Any]:
    """Return the references in ``input_layers`` or ``output_layers``, in whichever structure they stand; one may stand alone."""
    if isinstance(layers, dict):
        return [found for each in layers.values() for found in references(each)]
    if layers and isinstance(layers[0], str):
        return [layers]
    return [found for each in layers for found in references(each)]


def ends(layers: Any, names: list[str]) -> list[str]:
    """Return the names of the layers that a model's inputs are, in its order.

    Raises:
        UnreadableError: one is not among the ``names`` of its layers.

    """
    found = [str(reference[0]) for reference in references(layers)]
    if not found or not set(found) <= set(names):
        raise UnreadableError("a damaged file: its inputs are not among its layers")
    return found
