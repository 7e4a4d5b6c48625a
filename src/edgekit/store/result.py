"""A measurement on disk: JSON Lines, a header and then one line a block. Empty lines do not count, and a torn last line is ignored.

Schema history: 2 added the plan (so that a measurement can go on), feeds, purposes (memory, operators), the machine's
peaks, and more of each block; 1 was the first.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import msgspec

from edgekit.errors import SchemaError, StoreError
from edgekit.spec.accuracy import Accuracy  # noqa: TC001 (msgspec reads the annotations)
from edgekit.spec.bounds import Count, Extent, Integer, Labels, Name, Places, Scores, Sha256, Text  # noqa: TC001
from edgekit.spec.protocol import BACK_TO_BACK, Feed, Protocol, Purpose
from edgekit.spec.task import Decision  # noqa: TC001
from edgekit.store import record
from edgekit.store.files import read_bytes, text_of
from edgekit.store.operators import OperatorTime  # noqa: TC001
from edgekit.store.result_rules import broken_between, broken_in_block, broken_in_header

if TYPE_CHECKING:
    from pathlib import Path

RESULT_SCHEMA = 2
MOST_RESULT_BYTES = 512 * 1024 * 1024
# Of one thread; slower than one multiply-add a second, or faster than a supercomputer, is damage.
_Rate = Annotated[float, msgspec.Meta(ge=1, le=1e18)]
_Side = Annotated[int, msgspec.Meta(ge=0, le=2**16)]
_AGAIN = "measure again with `edgekit bench`"


class ImageRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An image that was measured with: its label and Keras' top class, where they are known.

    Where an image may have several labels, those that it has are ``labels``, and those that Keras names ``keras_labels``.
    """

    name: Text
    label: Count | None = None
    keras: Count | None = None
    labels: Places | None = None
    keras_labels: Places | None = None

    @property
    def truth(self) -> tuple[int, ...] | None:
        """What is on the image, as `Decision.answer` says it; ``None`` where it is not known."""
        return (self.label,) if self.label is not None else self.labels

    @property
    def trained(self) -> tuple[int, ...] | None:
        """What the trained model answered, likewise."""
        return (self.keras,) if self.keras is not None else self.keras_labels


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """An artifact in a runtime that is to be measured.

    ``python`` is the interpreter that serves the runtime (empty: the one that runs edgekit). ``problem`` says why it
    cannot be measured at all. ``any_size`` says whether the file takes images of any size, ``tested`` how the file did on the
    test images that it was proved on: in this runtime, or where that was not there in the format's own.
    """

    source: Text
    file: Text
    sha256: Sha256
    bytes: Count
    precision: Name
    tuning: Name
    runtime: Name
    version: Name
    network: Name = ""
    python: Text = ""
    any_size: bool = True
    multiply_adds: Count | None = None
    tested: Accuracy | None = None
    problem: str = ""


class Peaks(msgspec.Struct, frozen=True, kw_only=True):
    """What one thread of the machine can do: multiply-adds and bytes a second; ``None`` where it could not be measured."""

    float32: _Rate | None
    int8: _Rate | None
    bandwidth: _Rate


class ResultHeader(msgspec.Struct, frozen=True, kw_only=True):
    """How, on what machine, and with which images.

    ``images`` are those of each bundle or file, named below the folder in ``roots``; ``photographs`` is how many there were to
    choose them from, where they are no golden images; ``labels`` are its classes; ``plan`` is all that is to be measured.
    ``decisions`` is how scores of each become an answer, where that is not the highest logit.
    """

    schema: int
    protocol: Protocol
    started_at: Name
    environment: dict[Name, Text | Integer | float | bool | None]
    images: dict[Text, tuple[ImageRecord, ...]]
    roots: dict[Text, Text] = msgspec.field(default_factory=dict)
    labels: dict[Text, Labels] = msgspec.field(default_factory=dict)
    decisions: dict[Text, Decision] = msgspec.field(default_factory=dict)
    photographs: dict[Text, Count] = msgspec.field(default_factory=dict)
    plan: Annotated[tuple[Planned, ...], msgspec.Meta(max_length=10_000)] = ()
    peaks: Peaks | None = None


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """One process of one artifact in one runtime.

    ``visited`` is the image of each timed sample; ``scores`` are those of each distinct image, once in a result unless two
    processes answered differently. ``start_ns`` is the process' own start, ``load_ns`` the opening of the file, ``invoke_ns``
    the call alone, without the copies, timed apart. ``reallocations`` counts timed images of another size than the one
    before, ``late`` those that began after their time at a given rate. ``other_cores`` is how many cores other programs kept
    busy meanwhile. ``rss_bytes`` is the memory of the process before the file was opened, ``peak_rss_bytes`` at most.
    ``error`` says why there are no samples.
    """

    source: Text
    file: Text
    sha256: Sha256
    bytes: Count
    precision: Name
    runtime: Name
    version: Name
    threads: Extent
    process: Count
    purpose: Purpose = Purpose.TIMING
    feed: Feed = BACK_TO_BACK
    tuning: Name = ""
    python: Text = ""
    started_at: Name = ""
    input_px: tuple[_Side, _Side] = (0, 0)
    start_ns: Count = 0
    load_ns: Count = 0
    first_ns: Count = 0
    warmup_ns: tuple[Count, ...] = ()
    timed_ns: tuple[Count, ...] = ()
    visited: tuple[Count, ...] = ()
    invoke_ns: tuple[Count, ...] = ()
    reallocations: Count = 0
    late: Count = 0
    scores: dict[Count, Scores] = msgspec.field(default_factory=dict)
    involuntary_switches: Count = 0
    other_cores: Annotated[float, msgspec.Meta(ge=0)] | None = None
    rss_bytes: Count = 0
    peak_rss_bytes: Count = 0
    operators: tuple[OperatorTime, ...] = ()
    error: str = ""

    @property
    def key(self) -> tuple[object, ...]:
        """What tells this block from every other of its result."""
        return (self.source, self.file, self.runtime, self.python, self.purpose, self.feed, self.process)


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
