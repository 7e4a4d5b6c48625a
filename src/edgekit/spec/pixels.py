"""What a network's own input expects of raw pixels: colour order, mean and standard deviation."""

from __future__ import annotations

import math
import re
from enum import StrEnum

import msgspec

from edgekit.errors import UsageError


class Colour(StrEnum):
    """The order of an image's channels."""

    RGB = "RGB"
    BGR = "BGR"


class Pixels(msgspec.Struct, frozen=True, kw_only=True):
    """The network reads (x − ``mean``) / ``std`` of raw pixels x, 0 to 255.

    ``mean`` and ``std`` stand in the order red, green, blue; ``colour`` is the order in which the network reads the channels.
    """

    name: str
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    colour: Colour = Colour.RGB

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) for value in (*self.mean, *self.std)) or min(self.std) <= 0:
            raise ValueError(f"a mean is finite, and a standard deviation above zero. Received: mean {self.mean}, std {self.std}")


_CUSTOM = "custom"
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
    """Read a name of `PIXELS`, or ``mean=R,G,B;std=R,G,B`` in units of raw pixels."""
    if text in PIXELS:
        return PIXELS[text]
    match = re.fullmatch(r"mean=([^;]*);std=([^;]*)", text.replace(" ", ""))
    if not match:
        raise UsageError(f"there is no such preprocessing. Received: {text}", hint=f"choose from: {', '.join(PIXELS)}, or mean=R,G,B;std=R,G,B")
    try:
        return Pixels(name=_CUSTOM, mean=_three(match[1]), std=_three(match[2]))
    except ValueError as error:
        raise UsageError(f"a mean and a standard deviation are three numbers each: {error}. Received: {text}", hint=_CUSTOM_HINT) from error


def _three(text: str) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in text.split(","))
    return red, green, blue
