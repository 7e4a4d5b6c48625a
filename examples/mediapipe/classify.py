"""Name photographs with MediaPipe Tasks: classify.py MODEL.tflite IMAGE... The labels come from the file itself."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from mediapipe import Image, ImageFormat
from mediapipe.tasks.python import BaseOptions
from mediapipe.tasks.python.vision import ImageClassifier, ImageClassifierOptions, ImageEmbedder, ImageEmbedderOptions
from PIL import Image as Picture
from PIL import ImageOps

ALL = -1


def open_classifier(model: Path, best: int = ALL) -> ImageClassifier:
    """Open a TFLite file; an answer names the ``best`` classes, or all."""
    return ImageClassifier.create_from_options(ImageClassifierOptions(base_options=BaseOptions(model_asset_path=str(model)), max_results=best))


def open_embedder(model: Path) -> ImageEmbedder:
    """Open a TFLite file of the head ``features``."""
    return ImageEmbedder.create_from_options(ImageEmbedderOptions(base_options=BaseOptions(model_asset_path=str(model))))


def read(path: Path) -> Image:
    """Read an image as MediaPipe takes it: RGB, uint8; upright, and what is transparent over white, as training saw it."""
    with Picture.open(path) as picture:
        upright = ImageOps.exif_transpose(picture).convert("RGBA")
        white = Picture.new("RGBA", upright.size, "white")
        return shown(np.array(Picture.alpha_composite(white, upright).convert("RGB")))


def shown(pixels: np.ndarray) -> Image:
    """Return an image of uint8 (height, width, 3) pixels, in RGB."""
    return Image(image_format=ImageFormat.SRGB, data=pixels)


def main(model: Path, *images: Path) -> int:
    """Print the class of each image. MediaPipe applies no softmax: the score is the file's own."""
    with open_classifier(model, best=1) as classifier:
        for path in images:
            [best] = classifier.classify(read(path)).classifications[0].categories
            print(f"{path}  {best.category_name}  {best.score:.2f}")
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        sys.exit(main(*map(Path, sys.argv[1:])))
    except (OSError, RuntimeError, ValueError) as error:
        sys.exit(f"error: {' '.join(str(error).split())}")
