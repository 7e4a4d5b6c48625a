"""Opening the results that a command was given, or the newest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.cli.options import RESULTS
from edgekit.cli.output import Listener

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.store.result import Result


def opened_results(paths: Sequence[Path]) -> list[Result]:
    """Read the results that ``paths`` mean, or the newest; say which were passed over."""
    from edgekit.store.result import read_result
    from edgekit.store.results import find_results

    found = find_results(paths, RESULTS)
    for path in found.passed_over:
        told = f", {found.paths[0]} is taken" if not paths else ""
        Listener().say(f"{path} holds no block yet: passed over{told} (`edgekit bench --resume --out {path}` goes on with it)")
    return [read_result(path) for path in found.paths]
