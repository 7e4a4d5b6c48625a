"""The blocks of a result: those of one measurement, those that were timed, and what they answered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.spec.protocol import Purpose

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from edgekit.store.measurement import Block
    from edgekit.store.result import Result


def measurements(result: Result, sources: AbstractSet[str] = frozenset()) -> dict[tuple[str, str], list[Block]]:
    """Return the blocks of each measurement, by the file and the runtime.

    The file has its bundle's name in front where there are several, the result's own and those of ``sources``. What is not
    usual about the feed stands behind the runtime.
    """
    sources = {block.source for block in result.blocks} | sources
    told_apart_by_name = len({Path(source).name for source in sources}) == len(sources)
    groups: dict[tuple[str, str], list[Block]] = {}
    for block in result.blocks:
        bundle = Path(block.source).name if told_apart_by_name else block.source
        shown = f"{bundle}/{block.file}" if len(sources) > 1 else block.file
        groups.setdefault((shown, f"{block.runtime} ({block.feed.shown})" if block.feed.shown else block.runtime), []).append(block)
    return groups


def timed(blocks: Iterable[Block]) -> list[Block]:
    """Return the blocks that were timed, the failed ones too."""
    return [block for block in blocks if block.purpose is Purpose.TIMING]


def scores(blocks: Iterable[Block]) -> dict[int, tuple[float, ...]]:
    """Return the scores of each image."""
    return {index: values for block in blocks for index, values in block.scores.items()}
