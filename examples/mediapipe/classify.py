"""Name photographs with MediaPipe Tasks: classify.py MODEL.tflite IMAGE... The labels come from the file itself."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

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


def contract_of(model: Path) -> dict[str, Any]:
    """Return what an exported file says of its scores: its labels, head, task and thresholds stand in the zip behind the model."""
    with ZipFile(model) as archive:
        return json.loads(archive.read("edgekit.json"))


def decided(categories: list[Any], contract: dict[str, Any]) -> str:
    """Return the answer that MediaPipe's categories, the best first, stand for. It knows no thresholds but one of its own for all."""
    task, thresholds = contract.get("task", "classes"), contract.get("thresholds", [])
    cuts = [math.log(value / (1 - value)) if contract["head"] == "logits" else value for value in thresholds]
    if task == "classes":
        return f"{categories[0].category_name}  {categories[0].score:.2f}"
    if task == "binary":  # its one score is that of the second label
        return f"{contract['labels'][int(categories[0].score > cuts[0])]}  {categories[0].score:.2f}"
    if task == "multilabel":
        there = [category for category in categories if category.score > cuts[category.index]]
        return ", ".join(f"{category.category_name} {category.score:.2f}" for category in there) or "none of the labels"
    raise ValueError(f"this app does not know what to make of scores of the task {task}")


def main(model: Path, *images: Path) -> int:
    """Print the class of each image, or the labels. MediaPipe applies no softmax or sigmoid: the score is the file's own."""
    contract = contract_of(model)
    with open_classifier(model) as classifier:
        for path in images:
            print(f"{path}  {decided(classifier.classify(read(path)).classifications[0].categories, contract)}")
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        sys.exit(main(*map(Path, sys.argv[1:])))
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        sys.exit(f"error: {' '.join(str(error).split())}")
