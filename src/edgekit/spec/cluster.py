"""One process among several that train a model together, as the command line names it."""

from __future__ import annotations

import msgspec

from edgekit.errors import TrainingError, UsageError

LARGEST_PORT = 65535
_EXAMPLE = "--coordinator 10.0.0.1:9876 --processes 2 --process-id 0"


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Process ``process_id`` of ``processes``; ``coordinator`` is HOST:PORT of process 0, where all meet."""

    coordinator: str
    processes: int
    process_id: int

    def __post_init__(self) -> None:
        host, _, port = self.coordinator.rpartition(":")
        if not (host and port.isdecimal() and 0 < int(port) <= LARGEST_PORT):
            raise UsageError(f"--coordinator must be HOST:PORT. Received: {self.coordinator}", hint=f"for example {_EXAMPLE}")
        if self.processes < 2:
            raise UsageError(f"--processes must be 2 or more. Received: {self.processes}", hint="one process needs no coordinator")
        if not 0 <= self.process_id < self.processes:
            raise UsageError(f"--process-id must be 0 to {self.processes - 1}. Received: {self.process_id}", hint="each process has an id of its own")


def member(coordinator: str | None, processes: int | None, process_id: int | None) -> Member | None:
    """Return the process that the three options name; ``None`` without any of them.

    Raises:
        UsageError: one of the three is missing or wrong.

    """
    given = (coordinator, processes, process_id)
    if given == (None, None, None):
        return None
    if coordinator is None or processes is None or process_id is None:
        raise UsageError("--coordinator, --processes and --process-id go together", hint=f"for example {_EXAMPLE}")
    return Member(coordinator=coordinator, processes=processes, process_id=process_id)


def lost(process_id: int, processes: int) -> TrainingError:
    """Return the error of process ``process_id`` when it cannot go on without the others."""
    return TrainingError(
        f"another process of this training has ended, or cannot be reached. Received: process {process_id} of {processes} is left",
        hint="see what the others said; then start all of them again, with --resume if there was an epoch",
    )
