"""Whoever installed edgekit by pip has neither its repository nor its Makefile: no message, hint or help speaks of them."""

import ast
import re
from pathlib import Path

import pytest

import edgekit

REPOSITORY = Path(__file__).parents[1]
PACKAGE = Path(edgekit.__file__).parent
FOLDERS = ("benchmarks", "docs", "examples", "scripts", "src", "tests")
FILES = ("CONTRIBUTING.md", "Makefile", "pyproject.toml", "constraints.txt")
_FOLDERS = "|".join(FOLDERS)
# A path of another project may have a folder of such a name within it.
OF_THE_REPOSITORY = re.compile(rf"(?<![\w./-])(?:{_FOLDERS})/\w|(?:{'|'.join(map(re.escape, FILES))})|`make\b|\bmake [a-z-]+-[a-z-]+")


def texts(path):
    """What a file may show to a person: its strings, without docstrings but for those of commands, which are their help."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, documented)]
    docstrings = {id(body[0].value) for body in bodies if isinstance(body[0], ast.Expr)} if "cli" not in path.parts else set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


def test_what_is_looked_for_is_there():
    assert all((REPOSITORY / name).exists() for name in (*FOLDERS, *FILES))
    targets = re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), flags=re.MULTILINE)
    assert "test-tflite-runtime" in targets


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("src/edgekit/tunings has some", True),
        ("see docs/formats.md", True),
        ("run `make test`", True),
        ("make test-tflite-runtime builds one", True),
        ("modules/dnn/src/layers", False),
        ("it could not make one", False),
        ("exported/mobilenet", False),
    ],
)
def test_what_speaks_of_the_repository(text, found):
    assert bool(OF_THE_REPOSITORY.search(text)) is found


def test_no_text_speaks_of_the_repository():
    sources = [(path, line, text) for path in PACKAGE.rglob("*.py") for line, text in texts(path)]
    sources += [(path, 0, path.read_text(encoding="utf-8")) for path in (PACKAGE / "templates").iterdir()]
    assert len(sources) > 5_000
    assert [f"{path.relative_to(PACKAGE)}:{line}: {text}" for path, line, text in sources if OF_THE_REPOSITORY.search(text)] == []
