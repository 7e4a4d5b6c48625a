"""What a child process is asked, and what it answers: JSON over its standard input and output."""

from __future__ import annotations

import msgspec

from edgekit.spec.protocol import Protocol  # noqa: TC001 (msgspec reads the annotations)


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One block: ``images`` are files to decode before timing."""

    source: str
    path: str
    sha256: str
    runtime: str
    process: int
    images: tuple[str, ...]
    protocol: Protocol
