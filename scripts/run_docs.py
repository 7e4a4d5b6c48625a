"""Run every command and every block of Python in pages of the documentation, on small data, in a folder of their own.

    python scripts/run_docs.py README.md docs/guide.md

Blocks marked ``sh`` and ``console`` hold commands: each line that begins with ``edgekit`` (in ``console`` after ``$``) is run as it
stands, with options for little data behind it. Blocks marked ``python`` run in an interpreter of their own. Everything must end with
status 0. A block without a mark is not run.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from edgekit.datasets.letters28 import CLASSES
from edgekit.datasets.sample import open_sample

FENCE = re.compile(r"^```(sh|console|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
# So little that it takes seconds: what is shown is that the commands work, not what they reach.
SMALL = {"train": ["--image-size", "48", "--epochs", "2"], "bench": ["--budget", "smoke"]}
IMAGES = {"train": 8, "test": 12}
LETTERS = CLASSES[:4]


def main() -> None:
    folder = Path(tempfile.mkdtemp())
    prepare(folder)
    for page in map(Path, sys.argv[1:]):
        for kind, block in FENCE.findall(page.read_text()):
            for command in [[sys.executable, "-c", block]] if kind == "python" else commands(block):
                run(page, command, folder)
    shutil.rmtree(folder)


def commands(block: str) -> list[list[str]]:
    """Return the edgekit commands of a block, each with what makes it small unless it says that itself."""
    lines = [line.removeprefix("$ ") for line in block.splitlines()]
    found = [shlex.split(line, comments=True) for line in lines if line.startswith("edgekit ")]
    return [[sys.executable, "-m", *words, *smaller(words)] for words in found]


def smaller(words: list[str]) -> list[str]:
    options = SMALL.get(words[1], [])
    pairs = zip(options[::2], options[1::2], strict=True)
    return [word for option, value in pairs if option not in words and "--resume" not in words for word in (option, value)]


def run(page: Path, command: list[str], folder: Path) -> None:
    shown = "python …" if command[1] == "-c" else " ".join(command[2:])
    begun = time.monotonic()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    print(f"{page}: {shown}: {time.monotonic() - begun:.0f} s")
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}{page}: {shown}: status {done.returncode}")


def prepare(folder: Path) -> None:
    """Write what the pages take as given: photographs, and a Keras file with its labels."""
    dataset = open_sample()
    for split, examples in (("train", dataset.train), ("test", dataset.test)):
        for label, letter in enumerate(LETTERS):
            for example in [example for example in examples if example.label == label][: IMAGES[split]]:
                path = folder / "photos" / split / letter / Path(example.picture.name).name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(example.picture.data())


if __name__ == "__main__":
    main()
