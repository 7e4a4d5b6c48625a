"""What must hold of a measurement: a record that contradicts itself is refused, with the rule that it breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.spec.protocol import Purpose

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgekit.store.measurement import Block, ResultHeader


def broken_in_header(header: ResultHeader) -> str:
    """Return the first rule that a header breaks, or nothing."""
    for source, images in header.images.items():
        classes = len(header.labels.get(source, ()))
        if classes and any(index >= classes for image in images for index in (*(image.truth or ()), *(image.trained or ()))):
            return f"the images of {source} are of its {classes} classes"
    return ""


def broken_in_block(block: Block, header: ResultHeader) -> str:
    """Return the first rule that a block breaks, alone or beside the header of its result, or nothing."""
    images, samples = len(header.images.get(block.source, ())), len(block.timed_ns)
    timed = block.purpose is Purpose.TIMING
    rules = {
        "a process that failed has no samples": not block.error or not (block.timed_ns or block.scores),
        "a process that was timed has samples": bool(block.error) or not timed or samples > 0,
        "a process that was not timed has no samples": timed or not samples,
        "a sample takes longer than 0 ns": all(time_ns > 0 for time_ns in (*block.timed_ns, *block.invoke_ns)),
        "every sample is of an image": len(block.visited) in (0, samples),
        "images are those of its header": all(index < images for index in (*block.visited, *block.scores)),
        "no more samples are late, or of another size, than there are": max(block.late, block.reallocations) <= samples,
        "all images have as many scores": len({len(scores) for scores in block.scores.values()} | {0}) <= 2,
        "an image has scores": all(block.scores.values()),
        "there is a threshold for every score of a binary head, and of several labels": _decides(block, header),
        "it has as many threads as its header says": block.threads == header.protocol.threads,
        "its process is one of those that its header says": block.process < header.protocol.processes,
    }
    return next((rule for rule, holds in rules.items() if not holds), "")


def _decides(block: Block, header: ResultHeader) -> bool:
    decision = header.decisions.get(block.source)
    return decision is None or all(decision.fits(len(scores)) for scores in block.scores.values())


def broken_between(blocks: Iterable[Block]) -> str:
    """Return the first rule that blocks break beside each other, or nothing."""
    hashes: dict[tuple[str, str], str] = {}
    for block in blocks:
        if hashes.setdefault((block.source, block.file), block.sha256) != block.sha256:
            return f"{block.file} of {block.source} has one sha256"
    return ""
