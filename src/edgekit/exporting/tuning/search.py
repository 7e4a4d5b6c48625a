"""The search for the tuning that is fastest on this machine: candidates against the best so far, interleaved, one thread."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec
import numpy as np

from edgekit.runtimes.base import preferred_for
from edgekit.spec.format import Format
from edgekit.spec.rewrites import AverageAsConvolution, NormAsConvolution, PadChannels, Rewrites, SpaceToDepth, SplitConvolutions, Winograd
from edgekit.spec.runtime import runtime_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from edgekit.runtimes.base import Session
    from edgekit.spec.export import ExportOptions
    from edgekit.spec.runtime import RuntimeSpec

# A candidate must be this much faster, in most rounds, to be kept: less is within the noise of a machine with other work.
LEAST_GAIN = 0.02
_MOST_ROUNDS_LOST = 0.25
_ROUNDS = 9
_ROUND_S = 0.2
_LEAST_IMAGES = 3

Change = dict[str, object]
_STEMS: dict[str, Change] = {"stem-on-blocks": {"stem_on_blocks": SpaceToDepth(least_kernel=3)}}
_PIXELS: dict[str, Change] = {"four-pixels-at-once": {"four_pixels_at_once": True}}
_NORMS: dict[str, Change] = {"norm-as-convolution": {"norm_as_convolution": NormAsConvolution(behind_sums=False), "fold_pre_activation": None}}
_NORMS_AND_SUMS: dict[str, Change] = {
    f"norm-as-convolution{suffix}": {
        "norm_as_convolution": NormAsConvolution(behind_sums=True, leaky_in_two=in_two),
        "fold_pre_activation": None,
    }
    for suffix, in_two in (("", False), ("-in-two", True))
}
_AVERAGES: dict[str, Change] = {"average-as-convolution": {"average_as_convolution": AverageAsConvolution(most_size=5)}}
_CASTS: dict[str, Change] = {"cast-image": {"cast_image": True}}
_LEAKY: dict[str, Change] = {"leaky-as-sum": {"leaky_as_sum": True}}
_PADS: dict[str, Change] = {f"pad-{multiple}": {"pad_channels": PadChannels(multiple=multiple)} for multiple in (8, 16, 32)}
_TILES_AND_CHANNELS: tuple[tuple[Literal[2, 4], int], ...] = ((2, 64), (4, 32), (4, 64), (4, 128))
# For a base with tiles that are slower than plain convolutions on the CPU at hand, as those of int8 are with AMX.
_NO_TILES: dict[str, Change] = {"no-winograd": {"use_winograd": None}}
_TILES: dict[str, Change] = _NO_TILES | {
    f"winograd-{tile}-{channels}": {"use_winograd": Winograd(tile=tile, least_channels=channels, least_px=8)}
    for tile, channels in _TILES_AND_CHANNELS
}
# The last as x86-vnni has it.
_TILES_OF_INTEGERS: dict[str, Change] = _NO_TILES | {
    "winograd-2-128": {"use_winograd": Winograd(tile=2, least_channels=128, least_px=13)},
    "winograd-4-96": {"use_winograd": Winograd(tile=4, least_channels=96, least_px=13, two_below_px=20)},
}
# As x86-vnni has it for ONNX: few channels on large images alone.
_ROWS: dict[str, Change] = {"winograd-4-32-rows": {"use_winograd": Winograd(tile=4, least_channels=32, least_px=8, least_row=896)}}
# Parts of 256 KiB for second-level caches of 1 MiB, of 512 for 2 MiB; from what does not fit beside the image on.
_PARTS: dict[str, Change] = {
    f"split-{kib}": {"split_convolutions": SplitConvolutions(least_kib=2.5 * kib, part_kib=kib, multiple=32, least_px=4)} for kib in (256, 512)
}


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Candidate:
    """A file that looks right, opened. ``passes`` says whether an export would publish it as it is: it asks for every image in every runtime."""

    session: Session
    passes: Callable[[], bool]


class Made(Protocol):
    """Makes a file with these rewrites and opens it."""

    def __call__(self, rewrites: Rewrites) -> Candidate | None:
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


def steps(options: ExportOptions) -> list[dict[str, Change]]:
    """Return what may help beyond the portable rewrites, step by step; of the alternatives of a step one is kept at most."""
    if options.table.arithmetic == "int8":
        own = [_PIXELS, _TILES_OF_INTEGERS, _CASTS] if options.format is Format.TFLITE else [_LEAKY]
        return [_STEMS, _NORMS, _AVERAGES, _PADS, *own]
    return [_STEMS, _PADS, _TILES, _PARTS] if options.format is Format.TFLITE else [_NORMS_AND_SUMS, _PADS, _TILES | _ROWS]


def serving(options: ExportOptions) -> RuntimeSpec:
    """Return the runtime that a tuning is searched for: its format's own, if the one that it is made for is not installed and others will do."""
    rewrites = options.rewrites
    return runtime_named(rewrites.only_for) if rewrites.only_for else preferred_for(options.format, rewrites.made_for)


def candidates(options: ExportOptions) -> Iterator[ExportOptions]:
    """Yield the options with each change alone that may help; the tuning has the change's name."""
    for step in steps(options):
        for name, change in step.items():
            rewrites = msgspec.structs.replace(options.rewrites, **change)
            if rewrites != options.rewrites:
                yield options.with_rewrites(rewrites, name=name)


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
        for name, change in step.items():
            rewrites = msgspec.structs.replace(best, **change)
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
    leader: Candidate,
    candidate: Candidate | None,
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
