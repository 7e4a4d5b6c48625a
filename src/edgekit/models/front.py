"""What a model does to an image of any size before it has one of its own: it goes into the graph, in place of edgekit's resize."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
from keras import layers

from edgekit.errors import ExportError
from edgekit.models.calls import call_of
from edgekit.models.geometry import Aspect, Resize, resized
from edgekit.models.layers import Step

if TYPE_CHECKING:
    from collections.abc import Mapping

_HINT = "put it into the model for one size, keras.Input((px, px, 3)), or leave it to edgekit: a model without it gets --image-size PX"
# What may stand before or between resizes: it works pixel by pixel, whatever the image's size.
_BY_PIXEL = (layers.Rescaling, layers.Normalization, layers.Activation, layers.Identity)
_BY_PIXEL_NAMES = ("Add", "Subtract", "Multiply", "TrueDivide", "Divide", "Cast", "Clip", "Negative")
_MOVING = (layers.ZeroPadding2D, layers.Cropping2D)


@dataclass(frozen=True, slots=True)
class Front:
    """``model`` brings float32 (batch, any, any, 3) raw RGB to (batch, px, px, 3) by the file's own layers: what exports are held against.

    ``described`` is what it does, in words.
    """

    model: keras.Model
    calls: tuple[Any, ...]
    described: str

    def deployed(self, image: Any) -> Any:
        """Return the same of ``image`` by operators that every format has."""
        x = image
        for call in self.calls:
            how = resize_of(call.operation)
            if how is None:
                args, kwargs = call.arguments.fill_in({id(call.arguments.keras_tensors[0]): x})
                x = call.operation(*args, **kwargs)
            else:
                x = resize_step(how, x.shape, f"front_{how.name}")(x)
        return x


def convertible(operation: Any, shape: Any) -> Any:
    """Return an operation on a tensor of ``shape`` as every format can have it: a resize of a known size that is no operator is computed."""
    how = resize_of(operation)
    return operation if how is None or how.is_plain or None in shape[1:3] else resize_step(how, shape, operation.name)


def resize_step(how: Resize, shape: Any, name: str) -> Step:
    """Return a resize of an image of ``shape`` as a layer called ``name``.

    Raises:
        ExportError: its interpolation needs an image of a known size.

    """
    if None in shape[1:3] and not how.has_operator:
        kind = f"interpolation={how.interpolation}, antialias={how.antialias}, {how.aspect.value}"
        raise ExportError(
            f"the layer {how.name} resizes images of any size in a way that no format has an operator for. Received: {kind}", hint=_HINT
        )
    return Step(lambda x: resized(x, how), (None, how.height, how.width, shape[-1]), name)


def split(model: keras.Model) -> tuple[Front, keras.Model] | None:
    """Return what a flat model does to images of any size first, and the rest; ``None`` where it brings them to no size of its own.

    Raises:
        ExportError: it does so in a way that is not known here, or to an image that is not square.

    """
    calls = chain(model)
    ends = [index for index, call in enumerate(calls) if resize_of(call.operation) is not None or isinstance(call.operation, layers.Cropping2D)]
    known = [index for index in ends if None not in calls[index].outputs[0].shape[1:3]]
    if not known:
        _refuse_other_resizes(model, ())
        return None
    front = tuple(calls[: known[-1] + 1])
    cut = front[-1].outputs[0]
    _refuse_other_resizes(model, front)
    if cut.shape[1] != cut.shape[2]:
        raise ExportError(
            f"a model's image is square. Received: {cut.shape[1]} × {cut.shape[2]} px of the layer {front[-1].operation.name}",
            hint="rebuild it for a square image",
        )
    told = "; then ".join(how.told for call in front if (how := resize_of(call.operation)) is not None)
    return Front(keras.Model(model.inputs[0], cut), front, told), keras.Model(cut, model.outputs[0])


def chain(model: keras.Model) -> list[Any]:
    """Return the calls that follow the image one after the other, each read by the next alone, as long as they are known here."""
    readers = _readers(model)
    tensor, found = model.inputs[0], []
    while len(readers.get(id(tensor), ())) == 1:
        call = readers[id(tensor)][0]
        if len(call.arguments.keras_tensors) != 1 or len(call.outputs) != 1 or not _is_known(call.operation):
            break
        found.append(call)
        tensor = call.outputs[0]
    return found


def _is_known(operation: Any) -> bool:
    by_pixel = isinstance(operation, _BY_PIXEL) or type(operation).__name__ in _BY_PIXEL_NAMES or operation.name in OWN_STEPS
    return by_pixel or isinstance(operation, _MOVING) or resize_of(operation) is not None


OWN_STEPS = ("pixels", "bgr", "luminance")
"""The names of layers that edgekit puts before a model."""


def _readers(model: keras.Model) -> Mapping[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for call in calls_of(model):
        for tensor in {id(each): each for each in call.arguments.keras_tensors}.values():
            found.setdefault(id(tensor), []).append(call)
    return found


def calls_of(model: keras.Model) -> list[Any]:
    """Return all calls behind a model's output, each once."""
    waiting, found = [model.outputs[0]], {}
    while waiting:
        call = call_of(waiting.pop())
        if id(call) not in found:
            found[id(call)] = call
            waiting += call.arguments.keras_tensors
    return list(found.values())


def _refuse_other_resizes(model: keras.Model, front: tuple[Any, ...]) -> None:
    """Raise `ExportError` where an image of any size is resized elsewhere than in a chain from the input."""
    for call in calls_of(model):
        if call in front or isinstance(call.operation, layers.Cropping2D):
            continue
        sources = call.arguments.keras_tensors
        if resize_of(call.operation) is not None and None in sources[0].shape[1:3]:
            name = call.operation.name
            raise ExportError(f"the layer {name} resizes images of any size, but not the input alone. Received: {sources[0].shape}", hint=_HINT)


def resize_of(operation: Any) -> Resize | None:
    """Return the resize that a layer, or a call of ``keras.ops.image.resize``, is; ``None`` for anything else."""
    if isinstance(operation, layers.CenterCrop):
        return Resize(operation.name, operation.height, operation.width, Aspect.CENTRE)
    if isinstance(operation, layers.Resizing):
        height, width = operation.height, operation.width
    elif type(operation).__name__ == "Resize" and hasattr(operation, "crop_to_aspect_ratio"):
        height, width = operation.size
    else:
        return None
    aspect = Aspect.CROP if operation.crop_to_aspect_ratio else Aspect.PAD if operation.pad_to_aspect_ratio else Aspect.STRETCH
    return Resize(operation.name, height, width, aspect, operation.interpolation, operation.antialias, float(operation.fill_value))
