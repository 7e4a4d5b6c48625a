"""The search for the tuning that is fastest on this machine: candidates against the best so far, interleaved, one thread."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from edgekit.exporting.tuning.space import steps
from edgekit.runtimes.base import preferred_for
from edgekit.spec.runtime import runtime_named

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from edgekit.runtimes.base import Session
    from edgekit.spec.export import ExportOptions
    from edgekit.spec.rewrites import Rewrites
    from edgekit.spec.runtime import RuntimeSpec

# A candidate must be this much faster, in most rounds, to be kept: less is within the noise of a machine with other work.
LEAST_GAIN = 0.02
_MOST_ROUNDS_LOST = 0.25
_ROUNDS = 9
_ROUND_S = 0.2
_LEAST_IMAGES = 3


@dataclass(frozen=True, slots=True, weakref_slot=True)
class OpenedFile:
    """A file that looks right, opened. ``passes`` says whether an export would publish it as it is: it asks for every image in every runtime."""

    session: Session
    passes: Callable[[], bool]


class Made(Protocol):
    """Makes a file with these rewrites and opens it."""

    def __call__(self, rewrites: Rewrites) -> OpenedFile | None:
        """Return a candidate, the same one for the same file, or ``None`` if it cannot be made or does not answer as the trained model does."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A candidate against the best so far: medians of an image in nanoseconds, 0 where it could not be made, or failed its parity check.

    ``kept``: of the alternatives of its step, it is the fastest.
    """

    name: str
    kept: bool
    best_ns: int
    candidate_ns: int

    @property
    def share(self) -> float:
        """The candidate's time as a share of the best one's."""
        return self.candidate_ns / self.best_ns


def serving(options: ExportOptions) -> RuntimeSpec:
    """Return the runtime that a tuning is searched for: its format's own, if the one that it is made for is not installed and others will do."""
    rewrites = options.rewrites
    return runtime_named(rewrites.only_for) if rewrites.only_for else preferred_for(options.format, rewrites.made_for)


def search(
    options: ExportOptions,
    made: Made,
    images: Sequence[NDArray[np.uint8]],
    *,
    say: Callable[[str], None],
    clock: Callable[[], int] = time.perf_counter_ns,
) -> tuple[Rewrites, tuple[Trial, ...]]:
    """Return the fastest rewrites found from ``options.rewrites`` on that pass, and every trial.

    Where the file to begin with loses too much, others may as well: an export keeps layers of them in float32.
    ``images`` are uint8 (1, height, width, 3), visited one at a time.
    """
    best, trials = options.rewrites, []
    leader = made(best)
    if leader is None:
        say("the file to begin with cannot be made, or does not answer the golden images as the trained model does: nothing is tried")
        return best, ()
    must_pass = leader.passes()
    for step in steps(options):
        fastest = None
        for change in step:
            name, rewrites = change.name, change.of(best)
            candidate = leader if rewrites == best else made(rewrites)
            if candidate is leader:
                continue
            trial, faster = _tried(name, leader, candidate, images, say, clock)
            trials.append(trial)
            if candidate is None or not faster or (fastest and fastest[0].share <= trial.share):
                continue
            if must_pass and not candidate.passes():
                say(f"{name}: does not answer the test images as the trained model does")
                continue
            fastest = (trial, rewrites, candidate)
        if fastest:
            trial, best, leader = fastest
            trials[trials.index(trial)] = replace(trial, kept=True)
            say(f"{trial.name} is kept")
    return best, tuple(trials)


def _tried(
    name: str,
    leader: OpenedFile,
    candidate: OpenedFile | None,
    images: Sequence[NDArray[np.uint8]],
    say: Callable[[str], None],
    clock: Callable[[], int],
) -> tuple[Trial, bool]:
    """Return the trial, and whether the candidate was faster."""
    if candidate is None:
        say(f"{name}: cannot be made, or does not answer as the trained model does")
        return Trial(name, False, 0, 0), False
    times = _interleaved([leader.session, candidate.session], images, clock)
    trial = Trial(name, False, *(int(np.median(row)) for row in times))
    say(f"{name}: {trial.candidate_ns / 1e6:.2f} ms against {trial.best_ns / 1e6:.2f} ms")
    return trial, is_faster(times)


def _interleaved(sessions: Sequence[Session], images: Sequence[NDArray[np.uint8]], clock: Callable[[], int]) -> NDArray[np.float64]:
    """Return the median of each round, (sessions, rounds); the sessions take turns, the first one changing."""
    medians = np.zeros((len(sessions), _ROUNDS))
    for session in sessions:
        session.run(images[0])
    for turn in range(_ROUNDS):
        order = range(len(sessions)) if turn % 2 else reversed(range(len(sessions)))
        for index in order:
            medians[index, turn] = np.median(_round(sessions[index], images, clock))
    return medians


def _round(session: Session, images: Sequence[NDArray[np.uint8]], clock: Callable[[], int]) -> list[int]:
    times: list[int] = []
    begun = clock()
    while len(times) < _LEAST_IMAGES or clock() - begun < _ROUND_S * 1e9:
        image = images[len(times) % len(images)]
        before = clock()
        session.run(image)
        times.append(clock() - before)
    return times


def is_faster(times: NDArray[np.float64]) -> bool:
    """Return whether the second row of (2, rounds) is faster than the first: by enough, and in most rounds."""
    best, candidate = times
    lost = float((candidate >= best).mean())
    return bool(np.median(candidate) < (1 - LEAST_GAIN) * np.median(best) and lost <= _MOST_ROUNDS_LOST)
