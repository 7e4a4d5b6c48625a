"""The golden check: give a classify program every golden image of a bundle, and compare its scores with those recorded."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from PIL import Image

RUNTIMES = {"openvino": ("openvino", (".tflite", ".onnx")), "litert": ("ai-edge-litert", (".tflite",))}
"""By the program's name: the package that its library is from, and the files that it opens."""


def main(bundle: Path, programs: list[Path]) -> int:
    """Check each program on each file that it opens; return the exit status."""
    if not (bundle / "golden.json").is_file():
        print(f"{bundle} is no bundle: it has no golden.json", file=sys.stderr)
        return 1
    golden = json.loads((bundle / "golden.json").read_text("utf-8"))
    names = [image["file"] for image in golden["images"]]
    with tempfile.TemporaryDirectory() as folder:
        images = [as_ppm(bundle / name, (Path(folder) / name).with_suffix(".ppm")) for name in names]
        checks = [
            check(program, package, bundle / file, own, images, names)
            for program in programs
            for package, suffixes in [RUNTIMES[program.name.removeprefix("classify-")]]
            for file, own in golden["own"].items()
            if file.endswith(suffixes)
        ]
    if not checks:
        print(f"{bundle} has no file that these programs open", file=sys.stderr)
    return 0 if checks and all(checks) else 1


def as_ppm(source: Path, target: Path) -> Path:
    """Write an image's pixels, unchanged, as a PPM file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(source) as image:
        image.convert("RGB").save(target)
    return target


def check(program: Path, package: str, file: Path, own: dict[str, Any], images: list[Path], names: list[str]) -> bool:
    """Run one program on one file, print a line, and return whether all scores are within the tolerance."""
    title = f"{file.name}  {package} {version(package)}"
    run = subprocess.run([program, "--scores", file, *images], check=False, capture_output=True, text=True)
    if run.returncode != 0:
        print(f"{title}  FAILED: {(run.stderr.strip().splitlines() or [f'exit status {run.returncode}'])[-1]}")
        return False
    answers = [[float(score) for score in line.split()] for line in run.stdout.splitlines()]
    if [len(scores) for scores in answers] != [len(scores) for scores in own["scores"]]:
        print(f"{title}  FAILED: not as many scores as were recorded")
        return False
    distances = [distance(*pair) for pair in zip(answers, own["scores"], strict=True)]
    tolerances = own["tolerances"]
    worst = max(range(len(distances)), key=lambda index: distances[index] - tolerances[index])
    right = distances[worst] <= tolerances[worst]
    verdict = "ok" if right else f"FAILED, worst at {names[worst]}"
    print(f"{title}  {len(distances)} images  difference {distances[worst]:.2g}, tolerance {tolerances[worst]:.2g}  {verdict}")
    return right


def distance(answered: list[float], recorded: list[float]) -> float:
    """Return the largest difference of two lists of scores; infinite where one is no number."""
    differences = [abs(a - b) for a, b in zip(answered, recorded, strict=True)]
    return max(differences) if all(map(math.isfinite, differences)) else math.inf


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]))
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"{sys.argv[1]} is a damaged bundle: {error}")
