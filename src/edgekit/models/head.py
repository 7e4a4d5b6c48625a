"""Where a model ends: its scores before the last activation, the vector that its last layer reads, found by what layers do."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import layers

from edgekit.errors import ExportError
from edgekit.models.calls import call_of
from edgekit.models.silent import SILENT
from edgekit.spec.export import Head

if TYPE_CHECKING:
    from collections.abc import Callable

    from keras import KerasTensor
    from numpy.typing import NDArray

_WEIGHTED = (layers.Dense, layers.Conv2D)
# By a name of its own: Keras numbers nameless layers through the process, and the name goes into the file.
_FLAT = "edgekit_flat"
_RESHAPES = (layers.Flatten, layers.Reshape)
# Of an activation in float32.
_SAME = 1e-5


class Ending(StrEnum):
    """What makes a model's answer of its last scores: over all of them, of each alone, nothing, or something else."""

    SOFTMAX = "softmax"
    SIGMOID = "sigmoid"
    LINEAR = "linear"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Ends:
    """The tensors that can be a model's answer, each (batch, n); ``None`` where it has no such one. ``last`` says what it ends in."""

    features: KerasTensor | None
    logits: KerasTensor | None
    probabilities: KerasTensor | None
    last: str
    ending: Ending = Ending.OTHER


def without_head(model: keras.Model, head: Head) -> keras.Model:
    """Return the part of a functional model up to what ``head`` answers: float32 (batch, px, px, 3) to float32 (batch, n).

    Raises:
        ExportError: the model has no such answer.

    """
    return keras.Model(model.input, answer_of(ends_of(model), head), name="network")


def answer_of(ends: Ends, head: Head) -> KerasTensor:
    """Return the tensor that ``head`` answers; raise `ExportError` where the model has none."""
    answer = {Head.LOGITS: ends.logits, Head.FEATURES: ends.features, Head.PROBABILITIES: ends.probabilities}[head]
    if answer is None:
        wanted, hint = _missing(ends, head)
        raise ExportError(f"the model has no {head.value}: {wanted}. Received: {ends.last}", hint=hint)
    return answer


def _missing(ends: Ends, head: Head) -> tuple[str, str]:
    """Return why a model has no such answer, and what to do then: never what it has not either."""
    if head is Head.FEATURES:
        return "what gives its scores is no fully connected layer", "--head logits exports the scores"
    if head is Head.PROBABILITIES and ends.logits is not None:
        return "it has no softmax or sigmoid, its last layer gives scores already", "--head logits exports the scores as they are"
    end = "end it in the layer that gives the scores, keras.Model(model.input, model.get_layer(NAME).output), or in a softmax or sigmoid behind it"
    vector = "; --head features exports a vector without classes" if ends.features is not None else ""
    return "it ends in no softmax over its classes, no sigmoid, and no fully connected layer without activation", f"{end}{vector}"


def ends_of(model: keras.Model) -> Ends:
    """Find a softmax or sigmoid (a layer, or the activation of one), what it reads, and what the fully connected layer before that reads.

    Dropout, and layers that only give a vector another shape, may stand anywhere between them. An activation is known by what it
    makes of numbers, whatever it is called: a function of TensorFlow's is one, and a softmax over another axis is none.
    """
    output = _vector(model.outputs[0])
    end = _behind_silent(model.outputs[0])
    operation = _maker(end)
    last = f"{type(operation).__name__} {operation.name}"
    if isinstance(operation, _WEIGHTED):
        return _of_weighted(end, output, last)
    ending = _ending(_called(end), end) if output is not None else Ending.OTHER
    if ending in (Ending.SOFTMAX, Ending.SIGMOID):
        logits = _input(end)
        return Ends(_features(logits), _vector(logits), output, last, ending)
    # No classifier: what it gives is a vector that describes the image.
    return Ends(output, None, None, last)


def _of_weighted(end: KerasTensor, output: KerasTensor | None, last: str) -> Ends:
    """Return the ends of a model whose last layer has weights, and an activation of its own."""
    layer = _maker(end)
    ending = _ending(layer.activation, end)
    features = _vector(_behind_silent(_input(end)))
    if output is not None and ending in (Ending.SOFTMAX, Ending.SIGMOID):
        logits = _vector(_linear_twin(layer, _input(end))(_input(end)))
        return Ends(features, logits, output, f"{last} with a {ending.value}", ending)
    if ending is not Ending.LINEAR:
        activation = getattr(layer.activation, "__name__", type(layer.activation).__name__)
        return Ends(features, None, None, f"{last} with the activation {activation}")
    if isinstance(layer, layers.Dense) and output is not None:
        return Ends(features, output, None, last, ending)
    return Ends(output, None, None, last)


def _ending(activation: Callable[[Any], Any], tensor: KerasTensor) -> Ending:
    """Return what an activation is, by what it makes of numbers in the shape of ``tensor``."""
    shape = tuple(tensor.shape[1:])
    numbers = np.random.default_rng(0).normal(0, 2, (2, math.prod(shape))).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras warns of a softmax over one number
        got = np.asarray(activation(keras.ops.convert_to_tensor(numbers.reshape(2, *shape))))
    if got.size != numbers.size:
        return Ending.OTHER
    wanted: dict[Ending, NDArray[np.floating]] = {
        Ending.LINEAR: numbers,
        Ending.SIGMOID: 1 / (1 + np.exp(-numbers)),
        Ending.SOFTMAX: _softmax(numbers),
    }
    return next((ending for ending, of_all in wanted.items() if np.allclose(got.reshape(numbers.shape), of_all, atol=_SAME)), Ending.OTHER)


def _softmax(numbers: NDArray[np.float32]) -> NDArray[np.float32]:
    powers: NDArray[np.float32] = np.exp(numbers - numbers.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _called(tensor: KerasTensor) -> Callable[[Any], Any]:
    """Return the operation that made a tensor as a function of what it read; of several tensors, and of another shape, one of no use."""
    node = call_of(tensor)
    read = node.arguments.keras_tensors
    if len(read) != 1 or read[0].shape != tensor.shape:
        return lambda _: np.zeros(0)

    def call(numbers: Any) -> Any:
        arguments, named = node.arguments.fill_in({id(read[0]): numbers})
        return node.operation(*arguments, **named)

    return call


def _features(logits: KerasTensor) -> KerasTensor | None:
    """Return what the layer that gives ``logits`` reads."""
    end = _behind_silent(logits)
    maker = _maker(end)
    linear = isinstance(maker, _WEIGHTED) and _ending(maker.activation, end) is Ending.LINEAR
    return _vector(_behind_silent(_input(end))) if linear else None


def _vector(tensor: KerasTensor) -> KerasTensor | None:
    """Return a tensor as (batch, n); an image of one pixel is one as well, a larger one is not."""
    if len(tensor.shape) == 2:
        return tensor
    return layers.Flatten(name=_FLAT)(tensor) if _is_one(tensor) else None


def _is_one(tensor: KerasTensor) -> bool:
    """Whether all of a tensor but its batch is one vector, whatever its shape."""
    extents = tensor.shape[1:]
    return None not in extents and max(extents, default=1) == math.prod(extents)


def _behind_silent(tensor: KerasTensor) -> KerasTensor:
    """Walk back over what changes nothing at inference but a vector's shape."""
    while _is_silent(_maker(tensor), tensor):
        tensor = _input(tensor)
    return tensor


def _is_silent(operation: Any, output: KerasTensor) -> bool:
    if isinstance(operation, SILENT) or (isinstance(operation, layers.Activation) and operation.activation is keras.activations.linear):
        return True
    return isinstance(operation, _RESHAPES) and _is_one(_input(output))


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
