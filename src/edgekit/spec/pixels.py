"""What a network's own input expects of raw pixels: colour order, mean and standard deviation."""

from __future__ import annotations

import math
import re
from enum import StrEnum

import msgspec

from edgekit.errors import UsageError


class Colour(StrEnum):
    """The order of an image's channels, or the one channel that is made of them."""

    RGB = "RGB"
    BGR = "BGR"
    GREY = "grey"


# Of red, green and blue: ITU-R BT.601, as Pillow's mode "L" and TensorFlow's rgb_to_grayscale have them. Their sum is 1.
LUMINANCE = (0.299, 0.587, 0.114)


class Pixels(msgspec.Struct, frozen=True, kw_only=True):
    """The network reads (x − ``mean``) / ``std`` of raw pixels x, 0 to 255.

    ``mean`` and ``std`` stand in the order red, green, blue; ``colour`` is the order in which the network reads the channels;
    one that reads grey gets the luminance of what was prepared.
    """

    name: str
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    colour: Colour = Colour.RGB

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) for value in (*self.mean, *self.std)) or min(self.std) <= 0:
            raise ValueError(f"a mean is finite, and a standard deviation above zero. Received: mean {self.mean}, std {self.std}")


_CUSTOM = "custom"
_GRAMMAR = "mean=R,G,B;std=R,G,B, or bgr;mean=B,G,R;std=B,G,R"
_CUSTOM_HINT = "in units of raw pixels, 0 to 255: --preprocessing 'mean=125,123,114;std=63,62,67'"
RAW = Pixels(name="raw")
PIXELS = {
    pixels.name: pixels
    for pixels in (
        RAW,
        Pixels(name="unit", std=(255.0, 255.0, 255.0)),
        Pixels(name="signed", mean=(127.5, 127.5, 127.5), std=(127.5, 127.5, 127.5)),
        # The mean and deviation of ImageNet's training images on a scale of 0 to 1, as torchvision's model zoo documents them.
        Pixels(name="imagenet", mean=(255 * 0.485, 255 * 0.456, 255 * 0.406), std=(255 * 0.229, 255 * 0.224, 255 * 0.225)),
        # The mean image of Caffe's reference models, 103.939, 116.779, 123.68 in its own order: blue, green, red.
        Pixels(name="bgr-mean", mean=(123.68, 116.779, 103.939), colour=Colour.BGR),
    )
}
"""The ones that have a name."""


def parse_pixels(text: str) -> Pixels:
    """Read a preprocessing that a person typed: a name of `PIXELS`, or ``mean=…;std=…`` in units of raw pixels, three numbers each.

    In front may stand the order in which the network reads the channels, ``rgb;`` or ``bgr;``: the three numbers have the same order.

    Raises:
        UsageError: there is no such preprocessing.

    """
    match = re.fullmatch(rf"(?:({'|'.join(Colour)})(?:;|$))?(.*)", re.sub(r"\s", "", text), re.IGNORECASE)
    order, rest = match.groups() if match else (None, text)
    colour = Colour(order.upper()) if order else None
    if rest in PIXELS or (colour and not rest):
        return _in_order(PIXELS[rest or RAW.name], colour)
    numbers = re.fullmatch(r"mean=([^;]*);std=([^;]*)", rest)
    if not numbers:
        raise UsageError(f"there is no such preprocessing. Received: {text}", hint=f"choose from: {', '.join(PIXELS)}, or {_GRAMMAR}")
    try:
        mean, std = (_three(values, colour) for values in numbers.groups())
        return Pixels(name=_CUSTOM, mean=mean, std=std, colour=colour or Colour.RGB)
    except ValueError as error:
        raise UsageError(f"a mean and a standard deviation are three numbers each: {error}. Received: {text}", hint=_CUSTOM_HINT) from error


def turned(pixels: Pixels) -> Pixels:
    """Return the preprocessing with the channels read the other way round."""
    if pixels.name == _CUSTOM:
        return msgspec.structs.replace(pixels, colour=_other(pixels.colour))
    named = PIXELS[pixels.name.rpartition(";")[2]]
    return _in_order(named, _other(pixels.colour))


def typed(pixels: Pixels) -> str:
    """Return what a person types for it, as `parse_pixels` reads it."""
    if pixels.name != _CUSTOM:
        return pixels.name
    order = -1 if pixels.colour is Colour.BGR else 1
    mean, std = (",".join(f"{value:g}" for value in values[::order]) for values in (pixels.mean, pixels.std))
    return f"{'bgr;' if order < 0 else ''}mean={mean};std={std}"


def _other(colour: Colour) -> Colour:
    return Colour.RGB if colour is Colour.BGR else Colour.BGR


def _in_order(pixels: Pixels, colour: Colour | None) -> Pixels:
    if colour in (None, pixels.colour):
        return pixels
    return msgspec.structs.replace(pixels, name=f"{colour.lower()};{pixels.name}", colour=colour)


def _three(text: str, colour: Colour | None) -> tuple[float, float, float]:
    """Return three numbers in the order red, green, blue."""
    first, second, third = (float(value) for value in text.split(","))
    return (third, second, first) if colour is Colour.BGR else (first, second, third)
