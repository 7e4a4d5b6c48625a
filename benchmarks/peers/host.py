"""The preprocessing that an app does by itself where no graph does it: Pillow and NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray


def preprocessed(pixels: NDArray[np.uint8], image_px: int) -> NDArray[np.float32]:
    """Return float32 (1, px, px, 3), 0 to 255, as the trained model takes it, from uint8 (height, width, 3)."""
    image = Image.fromarray(pixels).resize((image_px, image_px), Image.Resampling.BILINEAR)
    return np.asarray(image, np.float32)[np.newaxis]
