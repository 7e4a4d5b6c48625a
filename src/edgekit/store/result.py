"""A measurement on disk: JSON Lines, a header and then one line a block. Empty lines do not count, and a torn last line is ignored.

Schema history: 2 added the plan (so that a measurement can go on), feeds, purposes (memory, operators), the machine's
peaks, and more of each block; 1 was the first.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.errors import SchemaError, StoreError
from edgekit.store import record
from edgekit.store.files import read_bytes, text_of
from edgekit.store.measurement import Block, ResultHeader
from edgekit.store.result_rules import broken_between, broken_in_block, broken_in_header

if TYPE_CHECKING:
    from pathlib import Path

RESULT_SCHEMA = 2
MOST_RESULT_BYTES = 512 * 1024 * 1024
_AGAIN = "measure again with `edgekit bench`"


@dataclass(frozen=True, slots=True)
class Result:
    """A measurement: its file, header and whole blocks."""

    path: Path
    header: ResultHeader
    blocks: tuple[Block, ...]


def read_result(path: Path, *, unfinished: bool = False) -> Result:
    """Read a measurement; a last line without its end is left out. ``unfinished``: it may have no block yet.

    Raises:
        StoreError: it is missing, damaged, or contradicts itself.

    """
    if path.is_dir():
        raise StoreError(f"a folder, where one result is needed. Received: {path}", hint=f"give a file in it: {path}/NAME.jsonl")
    if not os.path.lexists(path):
        raise StoreError(f"there is no such result. Received: {path}", hint="`edgekit bench` writes one into results/")
    lines = [(number, line) for number, line in enumerate(read_bytes(path, MOST_RESULT_BYTES).split(b"\n")[:-1], 1) if line.strip()]
    if not lines:
        raise SchemaError(f"an empty result. Received: {path}", hint=_AGAIN)
    header = record.decode(lines[0][1], ResultHeader, schema=RESULT_SCHEMA, name=str(path))
    _hold(broken_in_header(header), "the header", path)
    blocks = tuple(_block(line, number, header, path) for number, line in lines[1:])
    if not blocks and not unfinished:
        raise SchemaError(f"a result without a measurement. Received: {path}", hint=_AGAIN)
    _hold(broken_between(blocks), "the blocks", path)
    # A block that failed may have been measured again.
    return Result(path, header, tuple({block.key: block for block in blocks}.values()))


def _block(line: bytes, number: int, header: ResultHeader, path: Path) -> Block:
    name = f"line {number} of {path}"
    text = text_of(line, name)
    if record.is_versioned(text):
        raise SchemaError(
            f"two results in one file: another begins at line {number}. Received: {path}",
            hint="give each file by itself, as in `edgekit report A.jsonl B.jsonl`",
        )
    with record.understood("a damaged result", name, _AGAIN):
        block = record.fields(text, Block)
    _hold(broken_in_block(block, header), f"line {number} ({block.file} in {block.runtime}, process {block.process})", path)
    return block


def _hold(broken: str, where: str, path: Path) -> None:
    if broken:
        raise SchemaError(f"a result that contradicts itself: in {where} this does not hold: {broken}. Received: {path}", hint=_AGAIN)
