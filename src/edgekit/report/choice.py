"""Which artifact is the best under constraints, and why the others are not."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log
from typing import TYPE_CHECKING

from edgekit.analysis.pareto import front
from edgekit.report.compared import Images
from edgekit.report.row import accuracies, judged_on
from edgekit.spec.protocol import BACK_TO_BACK
from edgekit.text.units import milliseconds, percent, points, size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgekit.report.row import Row

# An accuracy drop is allowed for in steps of this, so that a limit of 0 can be nearly kept too.
_DROP_STEP = 0.005
# 0.7 points are not 0.007 to a computer.
_ROUNDING = 1e-9
_MEDIAN = 50
_IMAGES = {Images.TEST: "images", Images.GOLDEN: "golden images", Images.PHOTOGRAPHS: "photographs"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an artifact must keep to; ``None``, and no runtimes, do not constrain.

    ``most_latency_ns`` is of the percentile ``rank``, ``most_drop`` from the trained model's accuracy a share.
    """

    rank: int = _MEDIAN
    most_latency_ns: float | None = None
    most_drop: float | None = None
    most_bytes: int | None = None
    runtimes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Broken:
    """A constraint that a row breaks: its option, a sentence's rest, and by how much (0: just so; without end: in kind)."""

    option: str
    message: str
    excess: float


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """A row with its accuracy, of the kind that all of its machine have (``judged_on`` says which), and what it breaks."""

    row: Row
    accuracy: float | None
    judged_on: Images
    broken: tuple[Broken, ...]

    def latency(self, rank: int) -> float:
        """Return a percentile in ns, infinite where it is not known."""
        found = self.row.latency.percentiles_ns[rank] if self.row.latency else None
        return inf if found is None else found


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen on one machine: the ``best`` of ``fitting``, or ``None`` and the ``nearest``.

    ``by_speed`` says that the fastest was looked for, else the most accurate. ``others`` are all that were not chosen, each
    with the reason; ``front`` are those that no other beats in both latency and accuracy, the fastest first.
    """

    machine: str
    by_speed: bool
    best: JudgedRow | None
    fitting: int
    nearest: JudgedRow | None
    others: tuple[tuple[JudgedRow, str], ...]
    front: tuple[JudgedRow, ...]


def choices(rows: Sequence[Row], wanted: Wanted) -> list[Choice]:
    """Return the choice for each machine.

    Only images that came back to back, each in the network's size, count; of a file that was measured several times the last.
    """
    newest: dict[tuple[object, ...], Row] = {}
    for row in sorted((row for row in rows if row.feed == BACK_TO_BACK), key=lambda row: row.started_at):
        newest[row.machine, row.sha256 or (row.source, row.file), row.runtime, row.threads] = row
    usual = list(newest.values())
    return [_choice(machine, [row for row in usual if row.machine == machine], wanted) for machine in sorted({row.machine for row in usual})]


def _choice(machine: str, rows: Sequence[Row], wanted: Wanted) -> Choice:
    known, kind = accuracies(rows), judged_on(rows)
    found = [JudgedRow(row, accuracy, kind, tuple(_broken(row, wanted))) for row, accuracy in zip(rows, known, strict=True)]
    # With an accuracy that is enough the fastest is wanted, and where none is known there is no other way to choose.
    by_speed = wanted.most_drop is not None or all(accuracy is None for accuracy in known)
    fitting = sorted((one for one in found if not one.broken), key=lambda one: _place(one, wanted.rank, by_speed=by_speed))
    ruled_out = sorted((one for one in found if one.broken), key=lambda one: _distance(one.broken))
    best = fitting[0] if fitting else None
    placed = [one for one in found if one.latency(wanted.rank) < inf and one.accuracy is not None]
    edge = front([(one.latency(wanted.rank), -(one.accuracy or 0)) for one in placed])
    return Choice(
        machine=machine,
        by_speed=by_speed,
        best=best,
        fitting=len(fitting),
        nearest=ruled_out[0] if ruled_out and not best else None,
        others=(
            *((one, _behind(one, best, wanted.rank, by_speed=by_speed)) for one in fitting[1:] if best),
            *((one, "; ".join(broken.message for broken in one.broken)) for one in ruled_out),
        ),
        front=tuple(sorted((placed[index] for index in edge), key=lambda one: one.latency(wanted.rank))),
    )


def in_doubt(*rows: Row) -> str:
    """Return what is to be said beside a figure that depends on ``rows``, if one of them is not to be relied on."""
    codes = dict.fromkeys(finding.code for row in rows for finding in row.unstable)
    return f" (unstable: {', '.join(codes)})" if codes else ""


def _broken(row: Row, wanted: Wanted) -> Iterator[Broken]:
    if row.latency is None:
        yield Broken("--runtime", f"failed: {'; '.join(row.errors)}", inf)
        return
    if wanted.runtimes and row.runtime not in wanted.runtimes:
        yield Broken("--runtime", f"runs in {row.runtime}", inf)
    yield from _latency_broken(row, wanted)
    if wanted.most_bytes is not None and row.bytes > wanted.most_bytes:
        yield Broken("--max-size", f"has {size(row.bytes)}, more than {size(wanted.most_bytes)}", log(row.bytes / wanted.most_bytes))
    if wanted.most_drop is not None:
        if row.tested is None:
            yield Broken("--max-drop", "has no known accuracy on the test images", inf)
        elif row.tested.drop > wanted.most_drop + _ROUNDING:
            excess = log(1 + (row.tested.drop - wanted.most_drop) / max(wanted.most_drop, _DROP_STEP))
            yield Broken("--max-drop", f"loses {points(row.tested.drop)} of accuracy, more than {points(wanted.most_drop)}", excess)


def _latency_broken(row: Row, wanted: Wanted) -> Iterator[Broken]:
    """Yield what is wrong with a latency: the upper end of its interval must keep to the limit, not the figure alone."""
    upper = _upper(row, wanted.rank)
    if upper is None:
        yield Broken("--percentile", f"has too few images for a p{wanted.rank}: a larger --budget has more", inf)
    elif wanted.most_latency_ns is not None and upper > wanted.most_latency_ns:
        message = f"takes up to {milliseconds(upper)} (p{wanted.rank}), more than {milliseconds(wanted.most_latency_ns)}{in_doubt(row)}"
        yield Broken("--max-latency", message, log(upper / wanted.most_latency_ns))


def _upper(row: Row, rank: int) -> float | None:
    if row.latency is None or row.latency.percentiles_ns[rank] is None:
        return None
    return row.latency.p50_interval_ns[1] if rank == _MEDIAN else row.latency.bounds_ns[rank]


def _place(one: JudgedRow, rank: int, *, by_speed: bool) -> tuple[float, float]:
    speed, errors = one.latency(rank), 1 - (one.accuracy or 0)
    return (speed, errors) if by_speed else (errors, speed)


def _distance(broken: Sequence[Broken]) -> tuple[int, float]:
    """Return how far a row is from fitting: how many constraints it breaks in kind, then by how much the others."""
    return sum(one.excess == inf for one in broken), sum(one.excess for one in broken if one.excess < inf)


def _behind(one: JudgedRow, best: JudgedRow, rank: int, *, by_speed: bool) -> str:
    if not by_speed and one.accuracy is None:
        return "has no known accuracy"
    if by_speed or one.accuracy == best.accuracy:
        return f"takes {one.latency(rank) / best.latency(rank):.2f} times as long{in_doubt(one.row, best.row)}"
    return f"is right on {percent(one.accuracy or 0)} of the {_IMAGES[one.judged_on]} instead of {percent(best.accuracy or 0)}"
