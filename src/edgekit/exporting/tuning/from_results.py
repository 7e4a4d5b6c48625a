"""A tuning from candidates that were measured on another machine: the second of the two steps."""

from __future__ import annotations

from collections import defaultdict
from pathlib import PurePath
from statistics import median
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from edgekit.errors import UsageError
from edgekit.exporting.tuning.search import is_faster
from edgekit.exporting.tuning.space import candidates, steps
from edgekit.spec.export import OPTIONS_FOR
from edgekit.spec.format import PRECISIONS, Format
from edgekit.spec.protocol import BACK_TO_BACK, Purpose
from edgekit.spec.runtime import RUNTIMES
from edgekit.spec.tuning import BUILT_IN, TUNED, Tuning, built_in
from edgekit.store.manifest import TrialRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.spec.export import ExportOptions
    from edgekit.spec.rewrites import Rewrites
    from edgekit.store.measurement import Block
    from edgekit.store.result import Result


_ONE_BUNDLE = "measure one bundle of candidates"


def tuning_of(result: Result) -> tuple[Tuning, tuple[TrialRecord, ...]]:
    """Return the tuning that was fastest in a result of `edgekit bench` on a bundle of candidates, and what was tried.

    What else was measured beside that bundle is left alone.
    Each candidate was measured alone, against the tuning that the bundle begins with; of the alternatives of a step one is
    kept at most.

    Raises:
        UsageError: the result has no candidates, or they begin with no tuning that ships with edgekit.

    """
    blocks = _of_the_candidates(result)
    begun = tuning = _begun_with(blocks, result)
    machine = result.header.environment
    cpu = machine.cpu or machine.architecture or "unknown"
    found: list[TrialRecord] = []
    for kind in Format:
        for precision in PRECISIONS[kind]:
            option = OPTIONS_FOR[kind](precision=precision, tuning=begun)
            trials = _trials(option, _served(option, blocks), cpu)
            if trials:
                rewrites, trials = _fastest(option, trials)
                tuning = tuning.with_table(option.table, rewrites, name=TUNED)
                found += trials
    if not found:
        raise UsageError(f"no candidate was measured beside what it is a change of. Received: {result.path}", hint="let `edgekit bench` finish")
    return tuning, tuple(found)


def _of_the_candidates(result: Result) -> list[Block]:
    """Return what was timed of the one bundle that has candidates, one image after the other."""
    blocks = [block for block in result.blocks if block.purpose is Purpose.TIMING and block.feed == BACK_TO_BACK and block.timed_ns]
    options = [OPTIONS_FOR[kind](precision=precision) for kind in Format for precision in PRECISIONS[kind]]
    names = {change.name for option in options for step in steps(option) for change in step}
    sources = sorted({block.source for block in blocks if block.tuning in names})
    if not sources:
        raise UsageError(f"there are no candidates in the result. Received: {result.path}", hint="edgekit export --candidates, then edgekit bench")
    if len(sources) > 1:
        raise UsageError(f"several bundles of candidates are in the result. Received: {', '.join(sources)}", hint=_ONE_BUNDLE)
    return [block for block in blocks if block.source == sources[0]]


def _begun_with(blocks: Sequence[Block], result: Result) -> Tuning:
    names = {block.tuning for block in blocks}
    known = sorted(names & set(BUILT_IN))
    if len(known) != 1:
        raise UsageError(
            f"candidates are held against one tuning that ships with edgekit. Received: {result.path} ({', '.join(known) or 'without one'})",
            hint=_ONE_BUNDLE,
        )
    return built_in(known[0])


def _served(option: ExportOptions, blocks: Sequence[Block]) -> list[Block]:
    """Return the blocks of files with the format and precision of ``option``, in the runtime that it is for, or the first in the table."""
    of_file = [block for block in blocks if (PurePath(block.file).suffix, block.precision) == (option.format.suffix, option.precision)]
    rewrites = option.rewrites
    names = [rewrites.only_for] if rewrites.only_for else sorted(RUNTIMES, key=lambda name: name != rewrites.made_for)
    runtime = next((name for name in names if any(block.runtime == name for block in of_file)), None)
    return [block for block in of_file if block.runtime == runtime]


def _trials(option: ExportOptions, blocks: Sequence[Block], cpu: str) -> list[TrialRecord]:
    """Return each candidate against what it is a change of, ``kept`` if it is faster: medians of the processes that both had."""
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
                    cpu=cpu,
                    rewrite=candidate.tuning.name,
                    kept=is_faster(times),
                    best_ns=best_ns,
                    candidate_ns=candidate_ns,
                )
            )
    return trials


def _fastest(option: ExportOptions, trials: Sequence[TrialRecord]) -> tuple[Rewrites, list[TrialRecord]]:
    """Return the rewrites with the fastest change of each step that is faster than none, and the trials, of which those alone are kept."""
    best, kept = option.rewrites, set()
    times = {trial.rewrite: trial.candidate_ns / trial.best_ns for trial in trials if trial.kept}
    for step in steps(option):
        faster = [change for change in step if change.name in times]
        if faster:
            fastest = min(faster, key=lambda change: times[change.name])
            kept.add(fastest.name)
            best = fastest.of(best)
    return best, [msgspec.structs.replace(trial, kept=trial.rewrite in kept) for trial in trials]
