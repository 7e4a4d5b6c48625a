"""A tuning from candidates that were measured on another machine: the second of the two steps."""

from __future__ import annotations

from collections import defaultdict
from pathlib import PurePath
from statistics import median
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from edgekit.errors import UsageError
from edgekit.export.tune import candidates, is_faster, steps
from edgekit.spec.export import OPTIONS_FOR, PRECISIONS, Format
from edgekit.spec.protocol import BACK_TO_BACK, Purpose
from edgekit.spec.runtime import RUNTIMES
from edgekit.spec.tuning import BUILT_IN, TUNED, Tuning, built_in
from edgekit.store.bundle import TrialRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.spec.export import ExportOptions
    from edgekit.spec.rewrites import Rewrites
    from edgekit.store.result import Block, Result


def tuning_of(result: Result) -> tuple[Tuning, tuple[TrialRecord, ...]]:
    """Return the tuning that was fastest in a result of `edgekit bench` on a bundle of candidates, and what was tried.

    Each candidate was measured alone, against the tuning that the bundle begins with; of the alternatives of a step one is
    kept at most.

    Raises:
        UsageError: the result has no candidates, or they begin with no tuning that ships with edgekit.

    """
    blocks = [block for block in result.blocks if block.purpose is Purpose.TIMING and block.feed == BACK_TO_BACK and block.timed_ns]
    begun = tuning = _begun_with(blocks, result)
    found: list[TrialRecord] = []
    for kind in Format:
        for precision in PRECISIONS[kind]:
            option = OPTIONS_FOR[kind](precision=precision, tuning=begun)
            trials = _trials(option, _served(option, blocks))
            if trials:
                tuning = tuning.with_table(option.table, _fastest(option, trials), name=TUNED)
                found += trials
    return tuning, tuple(found)


def _begun_with(blocks: Sequence[Block], result: Result) -> Tuning:
    options = [OPTIONS_FOR[kind](precision=precision) for kind in Format for precision in PRECISIONS[kind]]
    names = {block.tuning for block in blocks}
    if names.isdisjoint(candidate.tuning.name for option in options for candidate in candidates(option)):
        raise UsageError(f"there are no candidates in the result. Received: {result.path}", hint="edgekit export --candidates, then edgekit bench")
    known = sorted(names & set(BUILT_IN))
    if len(known) != 1:
        raise UsageError(
            f"candidates are held against one tuning that ships with edgekit. Received: {result.path} ({', '.join(known) or 'without one'})",
            hint="measure one bundle of candidates",
        )
    return built_in(known[0])


def _served(option: ExportOptions, blocks: Sequence[Block]) -> list[Block]:
    """Return the blocks of files with the format and precision of ``option``, in the runtime that it is for, or the first in the table."""
    of_file = [block for block in blocks if (PurePath(block.file).suffix, block.precision) == (option.format.suffix, option.precision)]
    rewrites = option.rewrites
    names = [rewrites.only_for] if rewrites.only_for else sorted(RUNTIMES, key=lambda name: name != rewrites.made_for)
    runtime = next((name for name in names if any(block.runtime == name for block in of_file)), None)
    return [block for block in of_file if block.runtime == runtime]


def _trials(option: ExportOptions, blocks: Sequence[Block]) -> list[TrialRecord]:
    """Return each candidate against what it is a change of: medians of the processes that both had."""
    medians: defaultdict[str, dict[int, float]] = defaultdict(dict)
    for block in blocks:
        medians[block.tuning][block.process] = median(block.timed_ns)
    base, trials = medians[option.tuning.name], []
    for candidate in candidates(option):
        other = medians[candidate.tuning.name]
        both = sorted(base.keys() & other.keys())
        if both:
            times = np.array([[side[process] for process in both] for side in (base, other)])
            best_ns, candidate_ns = (int(np.median(row)) for row in times)
            trials.append(
                TrialRecord(
                    format=option.format,
                    precision=option.precision,
                    runtime=blocks[0].runtime,
                    version=blocks[0].version,
                    rewrite=candidate.tuning.name,
                    kept=is_faster(times),
                    best_ns=best_ns,
                    candidate_ns=candidate_ns,
                )
            )
    return trials


def _fastest(option: ExportOptions, trials: Sequence[TrialRecord]) -> Rewrites:
    """Return the rewrites with the fastest change of each step that is faster than none."""
    best = option.rewrites
    kept = {trial.rewrite: trial.candidate_ns / trial.best_ns for trial in trials if trial.kept}
    for step in steps(option):
        faster = [name for name in step if name in kept]
        if faster:
            best = msgspec.structs.replace(best, **step[min(faster, key=kept.__getitem__)])
    return best
