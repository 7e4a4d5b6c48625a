"""Run every command and every block of Python in pages of the documentation, on small data, each page in a folder of its own.

    python scripts/run_docs.py README.md docs/guide.md

Blocks marked ``sh`` and ``console`` hold commands: each line that begins with ``edgekit`` (in ``console`` after ``$``) is run as it
stands, with options for little data behind it. Blocks marked ``python`` run in an interpreter of their own. Everything must end with
status 0. A block without a mark is not run. Pages run at the same time.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

from edgekit.datasets.decode import encode_png
from edgekit.datasets.letters28 import CLASSES
from edgekit.datasets.sample import open_sample

FENCE = re.compile(r"^```(sh|console|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
# So little that it takes seconds: what is shown is that the commands work, not what they reach.
SMALL = {"train": {"--image-size": "48", "--epochs": "8"}, "bench": {"--budget": "smoke"}}
# What is trained, exported, and opened again, but for these, of which nothing is asked but that they are trained.
NEVER_EXPORTED = {"resnet50": {"--epochs": "1"}}
# Of the options that decide how long a command takes.
REPLACED = {("--budget", "full"): "smoke", ("--rate", "5"): "100"}
LITTLE = {"train": "photos", "bench": "exported/mobilenet"}
LETTERS = CLASSES[:4]


def main() -> None:
    pages = [Path(word) for word in sys.argv[1:]]
    with ThreadPoolExecutor(len(pages)) as pool:
        failures = [failure for failure in pool.map(run_page, pages) if failure]
    sys.exit("\n".join(failures) or 0)


def run_page(page: Path) -> str:
    """Run a page up to the first command that fails, and return what that said."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        for kind, block in FENCE.findall(page.read_text()):
            for command in [[sys.executable, "-c", block]] if kind == "python" else commands(block):
                if failure := run(page, command, folder):
                    return failure
    return ""


def commands(block: str) -> list[list[str]]:
    """Return the edgekit commands of a block, each with what makes it small unless it says that itself."""
    lines = [line.removeprefix("$ ") for line in block.splitlines()]
    found = [shlex.split(line, comments=True) for line in lines if line.startswith("edgekit ")]
    return [[sys.executable, "-m", *smaller(words)] for words in found]


def smaller(words: list[str]) -> list[str]:
    """Return a command with little to do; what goes on with something has its own settings."""
    if "--resume" in words:
        return words
    small = SMALL.get(words[1], {}) | {option: value for word in words for option, value in NEVER_EXPORTED.get(word, {}).items()}
    told = [word for option, value in small.items() if option not in words for word in (option, value)]
    shorter = [REPLACED.get((before, word), word) for before, word in pairwise(["", *words])]
    return [*shorter, *little(words), *told]


def little(words: list[str]) -> list[str]:
    """Return what a command works on that would else take all there is: few photographs for the sample, one bundle for all."""
    what = LITTLE.get(words[1])
    return [what] if what and not any(word.startswith(what) for word in words[2:]) else []


def run(page: Path, command: list[str], folder: Path) -> str:
    """Run one command, and return what it said if it failed; what goes on with something is given something to go on with."""
    if "--resume" in command:
        interrupted(folder, command[3])
    shown = "python …" if command[1] == "-c" else " ".join(command[2:])
    begun = time.monotonic()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    print(f"{page}: {shown}: {time.monotonic() - begun:.0f} s", flush=True)
    return f"{done.stdout}{done.stderr}{page}: {shown}: status {done.returncode}" if done.returncode else ""


def prepare(folder: Path) -> None:
    """Write what the pages take as given: photographs, a recipe, a Keras file with its labels, and what was interrupted."""
    dataset = open_sample()
    for place, examples, images in (("photos/train", dataset.train, 40), ("photos/test", dataset.test, 24), ("more-photos", dataset.train, 12)):
        for label, letter in enumerate(LETTERS):
            for example in [example for example in examples if example.label == label][:images]:
                path = folder / place / letter / Path(example.picture.name).name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(encode_png(example.picture.pixels()))
    (folder / "mine.toml").write_text("learning_rate = 0.002\n")
    (folder / "labels.txt").write_text("".join(f"{letter}\n" for letter in LETTERS))
    keras_file(folder / "net.keras")


def keras_file(path: Path) -> None:
    """Write a small model that was trained elsewhere: not at all."""
    import keras

    layers = keras.layers
    keras.utils.set_random_seed(0)
    keras.Sequential(
        [keras.Input((32, 32, 3)), layers.Conv2D(8, 3, activation="relu"), layers.GlobalAveragePooling2D(), layers.Dense(len(LETTERS), "softmax")]
    ).save(path)


def interrupted(folder: Path, verb: str) -> None:
    """Begin a training or a measurement, and kill it when there is something to go on with."""
    words = {"train": ("photos", "--image-size", "32", "--epochs", "6"), "bench": (LITTLE["bench"], "--budget", "smoke")}[verb]
    known = set(folder.glob("results/*.jsonl"))
    with subprocess.Popen([sys.executable, "-m", "edgekit", verb, *words], cwd=folder, stderr=subprocess.DEVNULL) as child:
        while child.poll() is None:
            checkpoints = [path for path in folder.glob("runs/*/checkpoints/*") if not path.name.startswith(".")]
            new = set(folder.glob("results/*.jsonl")) - known
            if checkpoints or any(path.read_bytes().count(b"\n") > 1 for path in new):
                child.kill()
            time.sleep(0.2)


if __name__ == "__main__":
    main()
