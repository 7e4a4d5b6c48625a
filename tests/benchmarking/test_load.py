"""How many cores other programs kept busy: what all did, less what this process did, over the time that passed."""

from types import SimpleNamespace

import psutil
import pytest

from edgekit.benchmarking import load
from edgekit.benchmarking.load import OtherPrograms, involuntary_switches


@pytest.mark.parametrize(
    ("then", "now", "cores"),
    [
        ((0.0, 0.0, 0.0), (10.0, 4.0, 9.0), 0.5),
        ((100.0, 7.0, 1000.0), (103.0, 8.0, 1004.0), 1.0),
        ((0.0, 0.0, 0.0), (3.0, 0.0, 1.0), 0.33),
        ((0.0, 0.0, 0.0), (10.0, 4.0, 3.9), 0.0),  # clocks of different grain
        ((5.0, 0.0, 0.0), (5.0, 1.0, 3.0), None),
        (None, (1.0, 0.0, 0.0), None),
        ((1.0, 0.0, 0.0), None, None),
    ],
)
def test_cores_that_others_kept_busy(monkeypatch, then, now, cores):
    told = iter([then, now])
    monkeypatch.setattr(load, "_now", lambda: next(told))
    assert OtherPrograms().cores() == cores


def test_what_counts_as_busy_on_the_cores_that_may_be_used(monkeypatch):
    core = dict(user=5.0, nice=1.0, system=2.0, idle=100.0, iowait=50.0, irq=0.25, guest=3.0, guest_nice=0.5)  # noqa: C408 (as psutil names them)
    times = [SimpleNamespace(_asdict=lambda own=own: {name: own * value for name, value in core.items()}) for own in (1, 10, 100)]
    monkeypatch.setattr(psutil, "cpu_times", lambda percpu: times if percpu else None)
    monkeypatch.setattr(load.os, "sched_getaffinity", lambda process: {0, 2}, raising=False)
    # A guest's time is in the user's; 8.25 s of the first core, and a hundred times that of the third.
    assert load._now()[2] == pytest.approx(8.25 * 101)


def test_how_often_the_cpu_was_taken_away(monkeypatch):
    monkeypatch.setattr(psutil, "Process", lambda: SimpleNamespace(num_ctx_switches=lambda: SimpleNamespace(voluntary=3, involuntary=7)))
    assert involuntary_switches() == 7
