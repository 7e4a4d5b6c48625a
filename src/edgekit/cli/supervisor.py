"""A training process among several runs as a child: JAX ends it past Python when another one dies, and its parent says so in words."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from edgekit.cli.options import ALL, Backend
from edgekit.errors import TrainingError, UsageError
from edgekit.spec.cluster import lost

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.spec.cluster import Member

_CHILD = "EDGEKIT_TRAINING_PROCESS"
# A process that waits for another inside JAX hears no signal.
_GRACE_S = 10


def is_child() -> bool:
    """Whether this process was started by `supervise`."""
    return _CHILD in os.environ


def check_options(networks: Sequence[str], backend: Backend | None, *, resume: bool) -> None:
    """Raise a `UsageError` for what several processes cannot do."""
    if backend is not Backend.JAX and not resume:
        raise UsageError("several processes train with JAX only", hint="--backend jax")
    if len(networks) > 1 or ALL in networks:
        raise UsageError(
            f"several processes train one network at a time. Received: --network {' --network '.join(networks)}", hint="run the command for each"
        )


def supervise(arguments: Sequence[str], member: Member) -> int:
    """Run ``edgekit`` with ``arguments`` in a child process and return its exit status; the child tells its own errors.

    Raises:
        TrainingError: the child was ended past Python.

    """
    command = [sys.executable, "-m", "edgekit.cli.process", *arguments]
    # A group of its own: Ctrl-C comes here alone, and goes on to the child below. The pipe's end tells it that this process is gone.
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=sys.stderr, process_group=0, env={**os.environ, _CHILD: "1"}) as child:
        try:
            status = child.wait()
        except KeyboardInterrupt:
            child.send_signal(signal.SIGINT)  # JAX takes SIGTERM for itself
            try:
                child.wait(_GRACE_S)
            except subprocess.TimeoutExpired:
                child.kill()
            raise
    if status == -signal.SIGABRT:
        raise lost(member.process_id, member.processes)
    if status < 0:
        raise TrainingError(
            f"the training process was killed. Received: {signal.Signals(-status).name} in process {member.process_id} of {member.processes}",
            hint="out of memory? try a smaller --batch-size; then start all processes again, with --resume if there was an epoch",
        )
    return status
