"""From any of Pillow's modes to RGB of 8 bits a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

# How wide the values of cameras, scanners and arrays are: a file says 16 bits, and may use 12.
_WIDTHS = (8, 10, 12, 14, 16, 24, 32)
# Large images are converted in parts: each step would take another 400 or 800 MB for 100 megapixels.
_VALUES_AT_ONCE = 1 << 22
# Pillow converts these to no other mode than this.
_STRAIGHT = {"La": "LA", "RGBa": "RGBA"}


def to_rgb(image: Image.Image) -> NDArray[np.uint8]:
    """Return a Pillow image of any mode as uint8 (height, width, 3); what is transparent is laid over white."""
    if image.mode[0] in "IF":
        return _from_wide(image)
    clear = image.has_transparency_data
    rows = max(1, _VALUES_AT_ONCE // image.width)
    if rows >= image.height:
        return _converted(image, over_white=clear)
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    for top in range(0, image.height, rows):
        bottom = min(top + rows, image.height)
        pixels[top:bottom] = _converted(image.crop((0, top, image.width, bottom)), over_white=clear)
    return pixels


def _converted(image: Image.Image, *, over_white: bool) -> NDArray[np.uint8]:
    if over_white:
        rgba = image.convert(_STRAIGHT.get(image.mode, image.mode)).convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba)
    return np.array(image.convert("RGB"), dtype=np.uint8)


def _from_wide(image: Image.Image) -> NDArray[np.uint8]:
    """Pillow would cut off what is above 255, and so nearly all of such an image."""
    values = np.asarray(image)
    grey = eight_bits(values)
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        grey[values == clear] = 255
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2)


def eight_bits(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return grey values of more than 8 bits, or floats, (height, width), as uint8; what is not finite counts as the lowest.

    No file says what its white is, so its values tell: floats up to 1 are shares of white; else the largest value needs 8, 10,
    12, 14, 16, 24 or 32 bits, of which the upper eight are kept; where some are negative, all from the lowest to the highest
    are spread over 0 to 255.
    """
    finite = np.isfinite(values)
    grey = np.zeros(values.shape, np.uint8)
    if not finite.any():
        return grey
    some = values.flat[int(finite.argmax())]
    low, high = float(values.min(where=finite, initial=some)), float(values.max(where=finite, initial=some))
    shares = values.dtype.kind == "f" and high <= 1
    rows = max(1, _VALUES_AT_ONCE // values.shape[1])
    for first in range(0, len(values), rows):
        part = np.where(finite[first : first + rows], values[first : first + rows], low).astype(np.float64)
        grey[first : first + rows] = _scaled(part, low, high, shares=shares)
    return grey


def _scaled(values: NDArray[np.float64], low: float, high: float, *, shares: bool) -> NDArray[np.float64]:
    """Return values from ``low`` to ``high`` as whole ones of 0 to 255."""
    if low < 0:
        return np.rint((values - low) * (255 / ((high - low) or 1)))
    if shares:
        return np.rint(values * 255)
    width = next((width for width in _WIDTHS if round(high) < 2**width), None)
    scaled: NDArray[np.float64] = np.rint(values * (255 / high)) if width is None else np.floor(np.rint(values) / 2 ** (width - _WIDTHS[0]))
    return scaled
