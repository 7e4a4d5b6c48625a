"""Work in shares: every answer in its place, and no share that goes on where another has failed."""

from threading import Event

import pytest

from edgekit.host import threads
from edgekit.host.threads import shared


@pytest.mark.parametrize(("items", "shares"), [(7, 3), (2, 2), (5, 1)])
def test_each_share_has_every_nth_item(items, shares):
    assert shared(range(items), shares, list) == [list(range(items))[first::shares] for first in range(shares)]


def test_a_failure_is_told_and_ends_the_others():
    failed, seen = Event(), []

    def work(share):
        for item in share:
            if item == 1:
                failed.set()
                raise ValueError("no such image")
            failed.wait(10)
            seen.append(item)

    with pytest.raises(ValueError, match="no such image"):
        shared(range(100_000), 2, work)
    assert len(seen) < 50_000


def test_the_user_interrupts_and_all_shares_end(monkeypatch):
    begun, seen = Event(), []

    def interrupted(futures, return_when):
        begun.wait(10)
        raise KeyboardInterrupt

    def work(share):
        for item in share:
            seen.append(item)
            begun.set()

    monkeypatch.setattr(threads, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        shared(range(100_000_000), 2, work)
    assert len(seen) < 100_000_000
