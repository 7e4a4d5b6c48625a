"""One way to read an image, for training, export and device: upright RGB, 8 bits a channel."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import ExifTags, Image

from edgekit.datasets.door import check_size, file_bytes, one_at_a_time, reading
from edgekit.datasets.formats import formats
from edgekit.datasets.heif import decoded_heif, is_heif
from edgekit.datasets.modes import to_rgb
from edgekit.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

# A progressive JPEG goes over all of its pixels in every scan, which may take 50 bytes: so many are 8 seconds' work.
_MOST_SCANNED_PIXELS = 4_000_000_000
_SCAN = b"\xff\xda"
# How an image is brought upright, by its EXIF orientation.
_TURNS: dict[int, Callable[[Pixels], Pixels]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: pixels.swapaxes(0, 1)[:, ::-1],
    7: lambda pixels: pixels.swapaxes(0, 1)[::-1, ::-1],
    8: lambda pixels: pixels.swapaxes(0, 1)[::-1],
}


def decode(source: Path | bytes, *, name: str = "") -> Pixels:
    """Return the image in ``source`` as uint8 (height, width, 3), RGB, 0 to 255; of an animation the first picture.

    EXIF orientation is applied. Grey, palette and 16-bit files become RGB, `modes` says how; what is transparent is laid
    over white. ``name`` stands for ``source`` in errors.

    Raises:
        ImageError: the file is missing, no image, truncated, or above 100 megapixels.

    """
    shown = name or (str(source) if isinstance(source, Path) else "an image in memory")
    data = file_bytes(source) if isinstance(source, Path) else source
    with reading(shown):
        if is_heif(data):
            return to_rgb(decoded_heif(data, shown))
        with Image.open(io.BytesIO(data), formats=formats()) as image:
            check_size(shown, *image.size)
            if image.width * image.height * data.count(_SCAN) > _MOST_SCANNED_PIXELS and image.format in ("JPEG", "MPO"):
                raise ImageError(f"a JPEG file of too many scans for its size. Received: {shown}", hint="save it anew")
            with one_at_a_time(*image.size):
                return _upright(image)


def decode_image(image: Image.Image, *, name: str = "a Pillow image") -> Pixels:
    """Return a Pillow image as `decode` returns the file that it was opened from: upright by its EXIF, RGB, 8 bits.

    What `PIL.ImageOps.exif_transpose` has turned already has no orientation any more, and is not turned again.

    Raises:
        ImageError: its file cannot be decoded, or it has more than 100 megapixels.

    """
    with reading(name):
        check_size(name, *image.size)
        with one_at_a_time(*image.size):
            return _upright(image)


def _upright(image: Image.Image) -> Pixels:
    """Pillow's own way writes the other EXIF fields anew, and fails where a camera wrote one wrongly."""
    _load(image)  # first: a PNG may have its EXIF behind the pixels
    try:
        turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # damaged EXIF says nothing, as in a viewer
        turn = None
    pixels = to_rgb(image)
    return pixels if turn is None else np.ascontiguousarray(turn(pixels))


def _load(image: Image.Image) -> None:
    """Decode a Pillow image, without a map of its file: Pillow 13.0 maps a TIFF that it turns with height and width exchanged."""
    filename = getattr(image, "filename", "")
    try:
        if filename:
            image.filename = ""  # type: ignore[attr-defined]  # of an image that was opened
        image.load()
    finally:
        if filename:
            image.filename = filename  # type: ignore[attr-defined]


def encode_png(pixels: Pixels) -> bytes:
    """Return uint8 (height, width, 3) as PNG bytes: the same bytes for the same pixels and Pillow version."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
