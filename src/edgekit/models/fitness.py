"""Which models can be exported: one image in, one vector out, in float32; what another one has instead is named."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import keras

from edgekit.errors import ExportError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

# A hint, where a model does not answer alike each time.
KEEPS_STATE = "a layer that draws random numbers at inference, or keeps a state, cannot be exported"
_SHOWN = 5
# A gigabyte in float32. VGG-16's largest has 3 million at 224 px.
_MOST_VALUES = 1 << 28


def refuse_unfit(model: keras.Model) -> None:
    """Raise `ExportError` for a model that edgekit does not export: of several tensors, of another image, not of float32 throughout."""
    inputs, outputs = getattr(model, "inputs", None), getattr(model, "outputs", None)
    if not inputs or not outputs or len(inputs) != 1 or len(outputs) != 1:
        kind = f"{len(inputs)} in, {len(outputs)} out" if inputs and outputs else "a model without a fixed graph"
        raise ExportError(
            f"only models of one image in and one vector out are exported. Received: {kind}", hint="build it from layers, keras.Model(image, scores)"
        )
    _refuse_other_images(tuple(inputs[0].shape))
    # Those of models inside too: such a model has a policy of its own, which says nothing of its layers.
    inside = list(model._flatten_layers(include_self=False))
    _refuse_layers(inside)
    quantised = [layer.name for layer in inside if getattr(layer, "quantization_mode", None)]
    if quantised:
        raise ExportError(
            f"the model is quantised already, by Keras. Received: {', '.join(quantised[:5])}", hint="export the float model that it was made of"
        )


def _refuse_other_images(shape: tuple[int | None, ...]) -> None:
    if len(shape) == 4 and shape[-1] in (1, 3):
        return
    if len(shape) == 4 and shape[1] in (1, 3):
        hint = "it is channels first: build it again with data_format='channels_last', which takes the same weights"
    elif len(shape) == 4 and shape[-1] == 4:
        hint = "of RGBA, photographs have no fourth channel: build a model of three, keras.Input((height, width, 3)), that adds it itself"
    else:
        hint = "a model of one photograph: keras.Input((height, width, 3)), or of one channel for grey"
    raise ExportError(f"a model's input is one RGB image, channels last: (batch, height, width, 3), or one in grey. Received: {shape}", hint=hint)


def _refuse_layers(inside: Sequence[Any]) -> None:
    half = {layer.name: layer.compute_dtype for layer in inside if layer.compute_dtype != "float32"}
    if half:
        kinds, named = ", ".join(sorted(set(half.values()))), ", ".join(list(half)[:_SHOWN])
        raise ExportError(
            f"only models that compute in float32 are exported. Received: {kinds} in {len(half)} layers ({named})",
            hint="keras.config.set_dtype_policy('float32'), build it again, set_weights(trained.get_weights()), save it",
        )
    turned = [layer.name for layer in inside if getattr(layer, "data_format", None) == "channels_first"]
    if turned:
        raise ExportError(
            f"the model has layers of channels first, which no format has operators for. Received: {', '.join(turned[:_SHOWN])}",
            hint="build it again with data_format='channels_last': its layers take the same weights",
        )
    cropped = [layer.name for layer in inside if isinstance(layer, keras.layers.RandomCrop)]
    if cropped:
        raise ExportError(
            f"the layer {cropped[0]} (RandomCrop) leaves images as they are when it predicts, in some versions of Keras, and crops them in others",
            hint="build the model without it, or with CenterCrop in its place, and set the weights",
        )
    for layer in inside:
        given = [math.prod(extent or 1 for extent in shape) for shape in _shapes(layer)]
        if max(given, default=0) > _MOST_VALUES:
            raise ExportError(
                f"the layer {layer.name} gives {max(given):,} values for one image, above {_MOST_VALUES:,}",
                hint="no device has room for it: a smaller image",
            )


def _shapes(layer: Any) -> list[tuple[int | None, ...]]:
    return [tuple(output.shape) for node in layer._inbound_nodes for output in node.outputs if None not in tuple(output.shape)[1:]]


def image_px_of(model: keras.Model, wanted: int | None) -> int:
    """Return the side of the image that the model takes."""
    shape = tuple(model.inputs[0].shape)
    sides = {side for side in shape[1:3] if side is not None}
    if len(sides) > 1:
        raise ExportError(f"a model's input is square. Received: {shape[1]} × {shape[2]} px", hint="rebuild it for a square image")
    if None in shape[1:3] and wanted is None:
        raise UsageError(f"the model takes images of any size. Received: {shape}", hint="say which it was trained with: --image-size 224")
    if sides and wanted not in (None, *sides):
        raise UsageError(f"the model takes images of {min(sides)} px. Received: --image-size {wanted}", hint="leave --image-size out")
    return wanted or min(sides)
