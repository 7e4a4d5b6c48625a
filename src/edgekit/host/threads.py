"""Work that is shared among threads, and ends early where one of them fails or the user interrupts."""

from __future__ import annotations

from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Event
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class _StoppedError(Exception):
    """Another share failed."""


def shared(items: Sequence[Item], shares: int, work: Callable[[Iterator[Item]], Answer]) -> list[Answer]:
    """Return what ``work`` gives for each of so many ``shares`` of the items: the first has item 0, item ``shares`` and so on."""
    if shares == 1:  # in the caller's own thread, which alone hears the user's interrupts
        return [work(iter(items))]
    stopped = Event()

    def share(first: int) -> Iterator[Item]:
        for index in range(first, len(items), shares):
            if stopped.is_set():
                raise _StoppedError
            yield items[index]

    with ThreadPoolExecutor(shares) as pool:
        try:
            futures = [pool.submit(work, share(first)) for first in range(shares)]
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            # Where all is done it stops nobody.
            stopped.set()
    failures = [error for future in futures if (error := future.exception()) and not isinstance(error, _StoppedError)]
    if failures:
        raise failures[0]
    return [future.result() for future in futures]
