"""One way to read an image file, for training, export and device: upright RGB, 8 bits a channel."""

from __future__ import annotations

import io
import struct
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import ExifTags, Image

from edgekit.errors import ImageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST_IMAGE_PIXELS = 100_000_000
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP")
# How an image is brought upright, by its EXIF orientation.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode(source: Path | bytes, *, name: str = "") -> NDArray[np.uint8]:
    """Return the image in ``source`` as uint8 (height, width, 3), RGB, 0 to 255.

    EXIF orientation is applied. Grey, palette and 16-bit files become RGB (16 bits keep their upper eight);
    what is transparent is laid over white. ``name`` stands for ``source`` in errors.

    Raises:
        ImageError: the file is missing, no image, truncated, or above 100 megapixels.

    """
    shown = name or (str(source) if isinstance(source, Path) else "an image in memory")
    try:
        data = source.read_bytes() if isinstance(source, Path) else source
        with warnings.catch_warnings():
            # Pillow warns from 89 megapixels on; our own limit below is an error with a hint.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                _refuse_huge(image, shown)
                return to_rgb(_upright(image))
    except Image.DecompressionBombError as error:
        raise _too_large(shown) from error
    # Pillow's decoders raise SyntaxError, ValueError, EOFError and struct.error for damaged files.
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, ArithmeticError, struct.error) as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else " ".join(str(error).partition("<_io.")[0].split())
        raise ImageError(
            f"an image cannot be decoded. Received: {shown} ({reason or type(error).__name__})",
            hint="JPEG, PNG, WebP and BMP files are read; try to open it in a viewer",
        ) from error


def _upright(image: Image.Image) -> Image.Image:
    """Pillow's own way writes the other EXIF fields anew, and fails where a camera wrote one wrongly."""
    image.load()  # a PNG may have its EXIF behind the pixels
    try:
        turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except (SyntaxError, ValueError, TypeError, IndexError, KeyError, OSError, struct.error):
        return image  # damaged EXIF says nothing, as in a viewer
    return image if turn is None else image.transpose(turn)


def to_rgb(image: Image.Image) -> NDArray[np.uint8]:
    """Return a Pillow image of any mode as uint8 (height, width, 3)."""
    if image.mode.startswith("I"):
        return _from_16_bits(image)
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba)
    return np.array(image.convert("RGB"), dtype=np.uint8)


def _from_16_bits(image: Image.Image) -> NDArray[np.uint8]:
    """Pillow would clip 16-bit grey values at 255; keep their upper eight bits instead."""
    values = np.asarray(image).astype(np.uint32)
    grey = np.minimum(values >> 8, 255).astype(np.uint8)
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2)


def _refuse_huge(image: Image.Image, shown: str) -> None:
    if image.width * image.height > LARGEST_IMAGE_PIXELS:
        raise _too_large(f"{shown} ({image.width} x {image.height})")


def _too_large(shown: str) -> ImageError:
    return ImageError(
        f"an image is larger than {LARGEST_IMAGE_PIXELS // 1_000_000} megapixels. Received: {shown}",
        hint="scale it down first",
    )


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """Return uint8 (height, width, 3) as PNG bytes: the same bytes for the same pixels and Pillow version."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
