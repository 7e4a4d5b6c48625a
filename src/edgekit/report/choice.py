"""Which artifact is the best under constraints, and why the others are not."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log
from typing import TYPE_CHECKING

from edgekit.analysis.pareto import front
from edgekit.spec.protocol import BACK_TO_BACK
from edgekit.spec.units import milliseconds, percent, points, size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgekit.report.rows import Row

# An accuracy drop is allowed for in steps of this, so that a limit of 0 can be nearly kept too.
_DROP_STEP = 0.005


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an artifact must keep to; ``None``, and no runtimes, do not constrain.

    ``most_latency_ns`` is of the percentile ``rank``, ``most_drop`` from the trained model's accuracy a share.
    """

    rank: int = 50
    most_latency_ns: float | None = None
    most_drop: float | None = None
    most_bytes: int | None = None
    runtimes: tuple[str, ...] = ()

    @property
    def rule(self) -> str:
        """What is the best of those that keep to it: with an accuracy that is enough the fastest, else the most accurate."""
        return "fastest" if self.most_drop is not None else "most accurate"


@dataclass(frozen=True, slots=True)
class Broken:
    """A constraint that a row breaks: its option, in words, and by how much (0: just so; without end: in kind)."""

    option: str
    message: str
    excess: float


@dataclass(frozen=True, slots=True)
class Loser:
    """A row that was not chosen, and why."""

    row: Row
    reason: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen on one machine: ``best`` of ``fitting`` rows, or ``None`` and the ``nearest`` with what rules it out.

    ``front`` are the rows of the machine that no other beats in both latency and accuracy.
    """

    machine: str
    best: Row | None
    fitting: int
    nearest: tuple[Row, Broken] | None
    losers: tuple[Loser, ...]
    front: tuple[Row, ...]


def choices(rows: Sequence[Row], wanted: Wanted) -> list[Choice]:
    """Return the choice for each machine. Only images that came back to back, each in the network's size, count."""
    usual = [row for row in rows if row.feed == BACK_TO_BACK]
    return [_choice(machine, [row for row in usual if row.machine == machine], wanted) for machine in dict.fromkeys(row.machine for row in usual)]


def _choice(machine: str, rows: Sequence[Row], wanted: Wanted) -> Choice:
    broken = {index: list(_broken(row, wanted)) for index, row in enumerate(rows)}
    fitting = sorted((index for index in broken if not broken[index]), key=lambda index: _place(rows[index], wanted))
    best = rows[fitting[0]] if fitting else None
    others = [(index, _behind(rows[index], best, wanted)) for index in fitting[1:] if best] + [
        (index, "; ".join(one.message for one in found)) for index, found in broken.items() if found
    ]
    ruled_out = sorted((index for index in broken if broken[index]), key=lambda index: _distance(broken[index]))
    known = [row for row in rows if _latency(row, wanted.rank) < inf and row.best_accuracy is not None]
    edge = front([(_latency(row, wanted.rank), -(row.best_accuracy or 0)) for row in known])
    return Choice(
        machine=machine,
        best=best,
        fitting=len(fitting),
        nearest=None if best or not ruled_out else (rows[ruled_out[0]], max(broken[ruled_out[0]], key=lambda one: one.excess)),
        losers=tuple(Loser(rows[index], reason) for index, reason in others),
        front=tuple(sorted((known[index] for index in edge), key=lambda row: _latency(row, wanted.rank))),
    )


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
            yield Broken("--max-drop", "its accuracy on the test set is not known", inf)
        elif row.tested.drop > wanted.most_drop:
            excess = log(1 + (row.tested.drop - wanted.most_drop) / max(wanted.most_drop, _DROP_STEP))
            yield Broken("--max-drop", f"loses {points(row.tested.drop)} of accuracy, more than {points(wanted.most_drop)}", excess)


def _latency_broken(row: Row, wanted: Wanted) -> Iterator[Broken]:
    """Yield what is wrong with a latency: the upper end of its interval must keep to the limit, not the figure alone."""
    upper = _upper(row, wanted.rank)
    if upper is None:
        yield Broken("--percentile", f"has too few images for a p{wanted.rank}: a larger --budget has more", inf)
    elif wanted.most_latency_ns is not None and upper > wanted.most_latency_ns:
        message = f"takes up to {milliseconds(upper)} (p{wanted.rank}), more than {milliseconds(wanted.most_latency_ns)}"
        yield Broken("--max-latency", message, log(upper / wanted.most_latency_ns))


def _upper(row: Row, rank: int) -> float | None:
    if row.latency is None or row.latency.percentiles_ns[rank] is None:
        return None
    return row.latency.p50_interval_ns[1] if rank == 50 else row.latency.bounds_ns[rank]


def _place(row: Row, wanted: Wanted) -> tuple[float, float]:
    speed, errors = _latency(row, wanted.rank), 1 - (row.best_accuracy or 0)
    return (speed, errors) if wanted.rule == "fastest" else (errors, speed)


def _distance(broken: Sequence[Broken]) -> tuple[int, float]:
    """How far a row is from fitting: by how many constraints, then by how much."""
    return sum(one.excess == inf for one in broken), sum(one.excess for one in broken if one.excess < inf)


def _behind(row: Row, best: Row, wanted: Wanted) -> str:
    times = _latency(row, wanted.rank) / _latency(best, wanted.rank)
    slower = f"takes {times:.2f} times as long"
    if wanted.rule == "fastest" or row.best_accuracy == best.best_accuracy or row.best_accuracy is None:
        return slower
    return f"is right on {percent(row.best_accuracy)} of the images instead of {percent(best.best_accuracy or 0)}"


def _latency(row: Row, rank: int) -> float:
    found = row.latency.percentiles_ns[rank] if row.latency else None
    return inf if found is None else found
