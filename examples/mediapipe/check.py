"""The golden check: MediaPipe's answers to the golden images of a bundle.

MediaPipe brings every image to the network's size by a resize of its own. So each image goes in twice: at that size already, where
its scores must be those of LiteRT on the same pixels; and as it is, where the classes are counted that are those recorded.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image as Picture

import edgekit
from classify import open_classifier, open_embedder, read, shown


def main(bundle: Path) -> int:
    """Check each TFLite file; return the exit status."""
    manifest = json.loads((bundle / "manifest.json").read_text("utf-8"))
    golden = json.loads((bundle / "golden.json").read_text("utf-8"))
    found = [check(bundle, artifact, golden) for artifact in manifest["artifacts"] if artifact["format"] == "tflite"]
    if not found:
        raise ValueError("it has no TFLite file")
    return 0 if all(found) else 1


def check(bundle: Path, artifact: dict, golden: dict) -> bool:
    """Check one file, and print a line."""
    file, side = artifact["file"], artifact["preprocessing"]["image_px"]
    own, names = golden["own"][file], [image["file"] for image in golden["images"]]
    model = edgekit.load(bundle / file)
    ready = [at_size(bundle / name, side) for name in names]
    wanted = [model.embed(pixels) if artifact["head"] == "features" else model.predict(pixels).scores for pixels in ready]
    answers = asked(bundle / file, model, [*map(shown, ready), *(read(bundle / name) for name in names)])
    at_once, as_they_are = answers[: len(names)], answers[len(names) :]
    distances = np.abs(at_once - wanted).max(axis=1)
    worst = int((distances - own["tolerances"]).argmax())
    tolerance = own["tolerances"][worst]
    line = f"{file}  {len(names)} images at {side} × {side}: difference {distances[worst]:.2g}, tolerance {tolerance:.2g}"
    if artifact["head"] != "features":
        same = (decisions(as_they_are, model) == decisions(np.array(own["scores"]), model)).all(axis=1)
        line += f"; as they are: the same {'class' if model.task == 'classes' else 'answer'} on {same.sum()}"
    right = bool(distances[worst] <= tolerance)
    print(f"{line}  {'ok' if right else f'FAILED, worst at {names[worst]}'}")
    return right


def decisions(scores: np.ndarray, model: edgekit.Classifier) -> np.ndarray:
    """Return (images, decisions): the class, or of each score whether it is above its threshold."""
    if model.task == "classes":
        return scores.argmax(axis=1)[:, None]
    odds = np.array(model.thresholds) / (1 - np.array(model.thresholds))
    return scores > (np.log(odds) if model.head == "logits" else np.array(model.thresholds))


def at_size(path: Path, side: int) -> np.ndarray:
    """Return an image at the network's size, where no resize is left to do. Which one made it does not matter here."""
    with Picture.open(path) as picture:
        return np.array(picture.convert("RGB").resize((side, side)))


def asked(path: Path, model: edgekit.Classifier, images: list) -> np.ndarray:
    """Return an answer for each image, in the order of the file's own scores."""
    if model.head == "features":
        with open_embedder(path) as embedder:
            return np.array([embedder.embed(image).embeddings[0].embedding for image in images])
    with open_classifier(path) as classifier:
        # The one score of a binary head is that of the second label.
        labels = model.labels[-1:] if model.task == "binary" else model.labels
        return np.array([in_order(classifier.classify(image).classifications[0].categories, labels) for image in images])


def in_order(categories: list, labels: tuple[str, ...]) -> list[float]:
    """Return the scores by index; MediaPipe sorts them, and reads the labels out of the file."""
    if any(labels[category.index] != category.category_name for category in categories):
        raise ValueError("MediaPipe reads other labels than the file has")
    return [category.score for category in sorted(categories, key=lambda category: category.index)]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: check.py BUNDLE")
    try:
        sys.exit(main(Path(sys.argv[1])))
    except (edgekit.EdgekitError, OSError, RuntimeError, ValueError, KeyError) as error:
        sys.exit(f"{sys.argv[1]}: {' '.join(str(error).split())}")
