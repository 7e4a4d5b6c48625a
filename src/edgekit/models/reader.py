"""A Keras model read into a graph. What is not known here becomes `Opaque`: it stays as it is, and the rest is rewritten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

from edgekit.graph import ops
from edgekit.graph.graph import Graph, Node
from edgekit.graph.padding import zeros_into_convolutions
from edgekit.models.calls import call_of
from edgekit.models.layer_readers import READERS, SILENT_READERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgekit.models.layer_readers import LayerReader


def read(model: keras.Model, *, opaque: bool = False) -> Graph:
    """Return the graph of a functional model: float32 (batch, px, px, 3) to one output. Models inside it are read as well.

    ``opaque``: every layer stays the Keras layer that it is, but for those that change nothing at inference.
    """
    return zeros_into_convolutions(_Reader(model, SILENT_READERS if opaque else READERS).graph())


class _Reader:
    """Walks from the output back to the input, then forward, giving each Keras tensor a name."""

    def __init__(self, model: keras.Model, known: Mapping[type, LayerReader]) -> None:
        self._model = model
        self._known = known
        self._nodes: dict[str, Node] = {}
        self._names: dict[int, str] = {}
        self._kept: list[Any] = []  # tensors whose identity is a key stay alive

    def graph(self) -> Graph:
        image = self._model.inputs[0]
        self._give(image, self._node("image", ops.Input(image.shape[1]), ()))
        output = self._walk(self._model.outputs[0])
        return Graph(self._nodes, output).replaced({})

    def _walk(self, tensor: Any) -> str:
        stack = [tensor]
        while stack:
            if id(stack[-1]) in self._names:
                stack.pop()
                continue
            call = call_of(stack[-1])
            waiting = [source for source in call.arguments.keras_tensors if id(source) not in self._names]
            if waiting:
                stack.extend(reversed(waiting))
            else:
                self._read(call)
        return self._names[id(tensor)]

    def _read(self, call: Any) -> None:
        """Read one call of an operation whose inputs are named already."""
        operation, sources = call.operation, call.arguments.keras_tensors
        inner = getattr(operation, "_functional", operation)
        if isinstance(inner, keras.Model) and hasattr(inner, "operations") and len(inner.inputs) == len(sources):
            for outer, name in zip(call.outputs, self._inside(inner, [self._names[id(source)] for source in sources]), strict=True):
                self._give(outer, name)
            return
        inputs = tuple(self._names[id(source)] for source in sources)
        reader = self._known.get(type(operation))
        # The ops that compute what the layer does: an empty list for one that changes nothing at inference.
        known = reader(operation, [tuple(source.shape) for source in sources]) if reader else None
        if known is not None:
            name = inputs[0]
            for op in known:
                name = self._node(operation.name, op, inputs if op is known[0] else (name,))
            self._give(call.outputs[0], name)
            return
        shapes = tuple(tuple(output.shape[1:]) for output in call.outputs)
        whole = self._node(operation.name, ops.Opaque(operation, call.arguments, shapes), inputs)
        for index, output in enumerate(call.outputs):
            several = len(call.outputs) > 1
            self._give(output, self._node(f"{operation.name}_{index}", ops.Output(index, shapes[index]), (whole,)) if several else whole)

    def _inside(self, model: keras.Model, inputs: list[str]) -> list[str]:
        """Read a model inside, and return what its outputs are called. Its tensors have other names each time that it is called."""
        outside, self._names = self._names, {}
        for image, name in zip(model.inputs, inputs, strict=True):
            self._give(image, name)
        outputs = [self._walk(output) for output in model.outputs]
        self._names = outside
        return outputs

    def _node(self, wanted: str, op: ops.Op, inputs: tuple[str, ...]) -> str:
        """Add a node under the name of its layer; a second one of that name is numbered."""
        name, count = wanted, 1
        while name in self._nodes:
            count += 1
            name = f"{wanted}_{count}"
        self._nodes[name] = Node(op, inputs)
        return name

    def _give(self, tensor: Any, name: str) -> None:
        self._kept.append(tensor)
        self._names[id(tensor)] = name
