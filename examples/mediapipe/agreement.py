"""How often MediaPipe's own resize changes the answer: agreement.py MODEL.tflite FOLDER, with the images of FOLDER/<class>/."""

from __future__ import annotations

import sys
from pathlib import Path

import edgekit
from classify import open_classifier, read


def main(model: Path, folder: Path) -> int:
    """Print the share of images to which both give the same class, and how often each is right."""
    ours = edgekit.load(model)
    if ours.task != "classes":
        raise ValueError(f"this counts classes, and the file is {ours.task}: classify.py names what it answers")
    same = right = right_ours = 0
    images = sorted(folder.glob("*/*"))
    with open_classifier(model, best=1) as theirs:
        for path in images:
            [best] = theirs.classify(read(path)).classifications[0].categories
            answer = ours.predict(path)
            same += best.category_name == answer.label
            right += best.category_name == path.parent.name
            right_ours += answer.label == path.parent.name
    print(f"{same / len(images):.1%} of {len(images)} images get the same class")
    print(f"right: {right / len(images):.1%} with MediaPipe, {right_ours / len(images):.1%} with edgekit.load")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        sys.exit(main(*map(Path, sys.argv[1:])))
    except (edgekit.EdgekitError, OSError, RuntimeError, ValueError, ZeroDivisionError) as error:
        sys.exit(f"error: {error}")
