"""What an environment that cannot train leaves out: files of tests that import, at their top, what is not installed there."""

from __future__ import annotations

import ast
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def can_train() -> bool:
    return find_spec("keras") is not None


def missing(path: Path) -> list[str]:
    """Return the packages that a file imports at its top and that are not installed."""
    body = ast.parse(path.read_text()).body
    names = [alias.name for node in body if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in body if isinstance(node, ast.ImportFrom)]
    return sorted({root for root in (name.partition(".")[0] for name in names) if root and find_spec(root) is None})
