"""HEIC photographs, by the package of the extra `heif`: Pillow does not read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.datasets.door import check_size
from edgekit.datasets.formats import heif_is_read
from edgekit.errors import ImageError

if TYPE_CHECKING:
    from PIL import Image

_BRANDS = frozenset((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"))
# The box of the brands comes first, and is short.
_MOST_BRANDS_BYTES = 256


def is_heif(data: bytes) -> bool:
    """Whether a file's bytes are a HEIC photograph: one of its brands says so."""
    if data[4:8] != b"ftyp":
        return False
    end = min(int.from_bytes(data[:4], "big"), _MOST_BRANDS_BYTES)
    return any(data[at : at + 4] in _BRANDS for at in (8, *range(16, end, 4)))


def decoded_heif(data: bytes, shown: str) -> Image.Image:
    """Return the main picture of a HEIC file, upright.

    Raises:
        ImageError: the package is not installed, or the picture is too large. What else is raised is the package's own.

    """
    if not heif_is_read():
        raise ImageError(f"a HEIC photograph needs a package that is not installed. Received: {shown}", hint="pip install edgekit[heif]")
    import pillow_heif

    file = pillow_heif.open_heif(data)
    check_size(shown, *file.size)
    image: Image.Image = file.to_pillow()
    return image
