"""Where a model ends: its scores before the softmax, the vector that its last layer reads, found by structure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
from keras import layers

from edgekit.errors import ExportError
from edgekit.export.graph.calls import call_of
from edgekit.export.graph.silent import SILENT
from edgekit.spec.export import Head

if TYPE_CHECKING:
    from keras import KerasTensor

_WEIGHTED = (layers.Dense, layers.Conv2D)
# By a name of its own: Keras numbers nameless layers through the process, and the name goes into the file.
_FLAT = "edgekit_flat"
_RESHAPES = (layers.Flatten, layers.Reshape)


@dataclass(frozen=True, slots=True)
class Ends:
    """The tensors that can be a model's answer, each (batch, n); ``None`` where it has no such one. ``last`` says what it ends in."""

    features: KerasTensor | None
    logits: KerasTensor | None
    probabilities: KerasTensor | None
    last: str


def without_head(model: keras.Model, head: Head) -> keras.Model:
    """Return the part of a functional model up to what ``head`` answers: float32 (batch, px, px, 3) to float32 (batch, n).

    Raises:
        ExportError: the model has no such answer.

    """
    ends = ends_of(model)
    answer = {Head.LOGITS: ends.logits, Head.FEATURES: ends.features, Head.PROBABILITIES: ends.probabilities}[head]
    if answer is None:
        hints = {
            Head.LOGITS: "--head features exports what the last layer gives, or reads",
            Head.FEATURES: "--head logits exports the scores",
            Head.PROBABILITIES: "--head logits exports the scores as they are",
        }
        raise ExportError(f"the model has no {head.value}: {_WANTED[head]}. Received: {ends.last}", hint=hints[head])
    return keras.Model(model.input, answer, name="network")


_WANTED = {
    Head.LOGITS: "it ends in neither a softmax nor a fully connected layer without activation",
    Head.FEATURES: "what gives its scores is no fully connected layer",
    Head.PROBABILITIES: "it has no softmax, its last layer gives scores already",
}


def ends_of(model: keras.Model) -> Ends:
    """Find a softmax (a layer, or the activation of one), what it reads, and what the fully connected layer before that reads.

    Dropout, and layers that only give a vector another shape, may stand anywhere between them.
    """
    output = _vector(model.outputs[0])
    end = _behind_silent(model.outputs[0])
    operation = _maker(end)
    last = f"{type(operation).__name__} {operation.name}"
    activation = getattr(operation, "activation", None)
    if isinstance(operation, _WEIGHTED) and activation is keras.activations.softmax:
        last += " with a softmax"
        return Ends(_vector(_behind_silent(_input(end))), _vector(_linear_twin(operation, _input(end))(_input(end))), output, last)
    if _is_softmax(operation):
        logits = _input(end)
        return Ends(_features(logits), _vector(logits), output, last)
    if isinstance(operation, _WEIGHTED) and activation is not keras.activations.linear:
        return Ends(_vector(_behind_silent(_input(end))), None, None, f"{last} with the activation {getattr(activation, '__name__', activation)}")
    if isinstance(operation, layers.Dense):
        return Ends(_vector(_behind_silent(_input(end))), output, None, last)
    # No classifier: what it gives is a vector that describes the image.
    return Ends(output, None, None, last)


def _features(logits: KerasTensor) -> KerasTensor | None:
    """Return what the layer that gives ``logits`` reads."""
    end = _behind_silent(logits)
    maker = _maker(end)
    linear = isinstance(maker, _WEIGHTED) and maker.activation is keras.activations.linear
    return _vector(_behind_silent(_input(end))) if linear else None


def _vector(tensor: KerasTensor) -> KerasTensor | None:
    """Return a tensor as (batch, n); an image of one pixel is one as well, a larger one is not."""
    if len(tensor.shape) == 2:
        return tensor
    return layers.Flatten(name=_FLAT)(tensor) if len(tensor.shape) == 4 and tensor.shape[1:3] == (1, 1) else None


def _behind_silent(tensor: KerasTensor) -> KerasTensor:
    """Walk back over what changes nothing at inference but a vector's shape."""
    while _is_silent(_maker(tensor), tensor):
        tensor = _input(tensor)
    return tensor


def _is_silent(operation: Any, output: KerasTensor) -> bool:
    if isinstance(operation, SILENT) or (isinstance(operation, layers.Activation) and operation.activation is keras.activations.linear):
        return True
    return isinstance(operation, _RESHAPES) and max(_input(output).shape[1:]) == math.prod(_input(output).shape[1:])


def _is_softmax(operation: Any) -> bool:
    """Whether an operation is a softmax: a layer, an activation layer, or a call of ``keras.ops.softmax``."""
    if isinstance(operation, layers.Activation):
        return operation.activation is keras.activations.softmax
    return type(operation).__name__ == "Softmax" and operation.axis == -1


def _linear_twin(layer: Any, source: KerasTensor) -> Any:
    """Return a layer of the same weights without its activation."""
    twin = type(layer).from_config({**layer.get_config(), "activation": "linear", "name": f"{layer.name}_linear"})
    twin.build(source.shape)
    twin.set_weights(layer.get_weights())
    return twin


def _maker(tensor: KerasTensor) -> Any:
    return call_of(tensor).operation


def _input(tensor: KerasTensor) -> KerasTensor:
    return call_of(tensor).arguments.keras_tensors[0]
