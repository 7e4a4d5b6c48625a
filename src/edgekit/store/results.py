"""Finding measurements on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def newest_results(folder: Path) -> Sequence[Path]:
    """Return the newest result in ``folder``, as a list of one."""
    found = list(folder.glob("*.jsonl")) if folder.is_dir() else []
    if not found:
        raise StoreError(f"there is no result. Received: {folder}/", hint="`edgekit bench` writes one into results/")
    return [max(found, key=lambda path: (path.stat().st_mtime_ns, path.name))]


def find_results(paths: Sequence[Path], default: Path) -> Sequence[Path]:
    """Return the result files that ``paths`` mean, of a folder all that are in it; of no path the newest in ``default``."""
    if not paths:
        return newest_results(default)
    found = {path: sorted(path.glob("*.jsonl")) if path.is_dir() else [path] for path in paths}
    for path, files in found.items():
        if not files:
            raise StoreError(f"there is no result. Received: {path}/", hint="`edgekit bench` writes one into results/")
    return list({file.resolve(): file for files in found.values() for file in files}.values())
