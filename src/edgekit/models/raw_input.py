"""Raw pixels in front of a model that was trained elsewhere: prepared as it expects them, with no model inside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

import keras
import msgspec
import numpy as np
from keras import layers

from edgekit.errors import ExportError, UsageError
from edgekit.models.fitness import KEEPS_STATE, image_px_of
from edgekit.models.front import Front, chain, convertible, split
from edgekit.models.replay import flat
from edgekit.networks.blocks import INPUT_NAME
from edgekit.spec.pixels import LUMINANCE, RAW, Colour, Pixels

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

# What a flat model may differ from the one in the file, as a share of its largest answer: both compute in float32.
_SAME = 1e-4
_PROBES = 2
_LUMINANCE = "luminance"
# Sides of an image on which a model of any size is tried.
_ODD_SIDES = (61, 97)


def pixels_of(model: keras.Model, pixels: Pixels) -> Pixels:
    """Return ``pixels`` as a model reads them: one that has one channel reads grey."""
    if model.inputs[0].shape[-1] != 1:
        return pixels
    if pixels.colour is Colour.BGR:
        raise UsageError(f"a model of grey images has no order of channels. Received: {pixels.name}", hint="--preprocessing without bgr")
    return msgspec.structs.replace(pixels, colour=Colour.GREY)


def prepared_model(model: keras.Model, image_px: int | None, pixels: Pixels) -> tuple[Front | None, keras.Model]:
    """Return a model that reads raw RGB, float32 (batch, px, px, 3), and what it does by itself to images of any size, if it does.

    ``image_px`` is the side that was asked for, where a model takes any.

    Raises:
        ExportError: the model cannot be taken apart, or does not answer the same afterwards.
        UsageError: it takes images of another size, or of any, and none is given.

    """
    own = with_own_front(model, pixels) if None in model.inputs[0].shape[1:3] else None
    if own is None:
        return None, with_raw_input(model, image_px_of(model, image_px), pixels)
    side = own[1].input.shape[1]
    if image_px not in (None, side):
        raise UsageError(f"the model brings images to {side} px by itself. Received: --image-size {image_px}", hint="leave --image-size out")
    return own


def with_raw_input(model: keras.Model, image_px: int, pixels: Pixels) -> keras.Model:
    """Return a model of the same layers, float32 (batch, px, px, 3) raw RGB in, with no model inside it.

    Raises:
        ExportError: it does not answer as ``model`` does.

    """
    network = _flat(model, image_px, pixels)
    _check(network, model, (image_px, image_px), pixels)
    return network


def with_own_front(model: keras.Model, pixels: Pixels) -> tuple[Front, keras.Model] | None:
    """Return what a model that reads images of any size does to them before it has one of its own, and the rest as `with_raw_input` gives it.

    ``None``: it brings them to no size of its own.

    Raises:
        ExportError: it does so in a way that is not known here, or the two together do not answer as ``model`` does.

    """
    grey = pixels.colour is Colour.GREY
    # A resize works on three channels as on one: what makes one of them comes behind it, so that the image stays one.
    parts = split(_flat(model, None, pixels))
    if parts is None:
        return None
    front, rest = parts
    if grey:
        front = _in_colour(front)
    network = _flat(rest, front.model.output.shape[1], msgspec.structs.replace(RAW, colour=Colour.GREY) if grey else RAW)
    _check(lambda raw, training: network(front.model(raw), training=training), model, _ODD_SIDES, pixels)
    return front, network


def _in_colour(front: Front) -> Front:
    """Return what a model of grey images does to them, done to each channel of colour ones: without their luminance."""
    image = x = keras.Input((None, None, 3), name=INPUT_NAME)
    try:
        for call in front.calls:
            if call.operation.name == _LUMINANCE:
                continue
            args, kwargs = call.arguments.fill_in({id(call.arguments.keras_tensors[0]): x})
            x = call.operation(*args, **kwargs)
    except ValueError as error:
        names = ", ".join(call.operation.name for call in front.calls)
        raise ExportError(
            f"the model prepares its grey image in a way that is of one channel. Received: {names}", hint="let it begin with keras.layers.Resizing"
        ) from error
    whole = keras.Model(image, x)
    return Front(whole, tuple(chain(whole)), front.described)


def _scaled(x: Any, pixels: Pixels) -> Any:
    if (pixels.mean, pixels.std) == (RAW.mean, RAW.std):
        return x
    mean, std = np.array(pixels.mean), np.array(pixels.std)
    return layers.Rescaling((1 / std).tolist(), (-mean / std).tolist(), name="pixels")(x)


def _flat(model: keras.Model, image_px: int | None, pixels: Pixels) -> keras.Model:
    image = keras.Input((image_px, image_px, 3), name=INPUT_NAME)
    x = _scaled(image, pixels)
    match pixels.colour:
        case Colour.BGR:
            x = _by_pixel(x, np.eye(3)[::-1], "bgr")
        case Colour.GREY:
            x = _by_pixel(x, np.array(LUMINANCE)[:, np.newaxis], _LUMINANCE)
        case Colour.RGB:
            pass
        case other:
            assert_never(other)
    try:
        whole = keras.Model(image, model(x))
        # One of any size is split first, by the layers that it has.
        return flat(whole) if image_px is None else flat(whole, convertible)
    # A layer refuses the size in its own words.
    except ValueError as error:
        size = "any size" if image_px is None else f"{image_px} px"
        raise ExportError(
            f"the model does not take images of {size}. Received: {' '.join(str(error).split())[:200]}", hint="try another --image-size"
        ) from error


def _by_pixel(x: Any, kernel: NDArray[np.floating], name: str) -> Any:
    """Return the channels of each pixel times ``kernel`` (in, out), by a 1 × 1 convolution: every format and precision knows it."""
    layer = layers.Conv2D(kernel.shape[1], 1, use_bias=False, name=name)
    y = layer(x)
    layer.set_weights([kernel.astype(np.float32)[np.newaxis, np.newaxis]])
    return y


def _check(network: Callable[..., Any], model: keras.Model, sides: tuple[int, int], pixels: Pixels) -> None:
    """Hold the flat model against the one in the file, which gets its pixels prepared by NumPy."""
    raw = np.random.default_rng(0).integers(0, 256, (_PROBES, *sides, 3))
    wanted = np.asarray(model(prepared(raw, pixels), training=False))
    got = np.asarray(network(raw.astype(np.float32), training=False))
    if not np.isfinite(wanted).all():
        raise ExportError(
            "the model's own answers to an image of noise are not finite", hint="its weights are damaged, or it wants other pixels: --preprocessing"
        )
    if not np.abs(got - wanted).max() <= _SAME * np.abs(wanted).max():
        raise ExportError(
            f"the model does not answer the same when its layers are called one by one. Received: {float(np.abs(got - wanted).max()):.1e} apart",
            hint=KEEPS_STATE,
        )


def prepared(raw: NDArray[np.integer], pixels: Pixels) -> NDArray[np.float32]:
    """Return what a network reads of raw RGB pixels (…, 3)."""
    scaled = ((raw - np.array(pixels.mean)) / np.array(pixels.std)).astype(np.float32)
    if pixels.colour is Colour.GREY:
        return (scaled @ np.array(LUMINANCE, np.float32))[..., np.newaxis]
    return scaled[..., ::-1] if pixels.colour is Colour.BGR else scaled
