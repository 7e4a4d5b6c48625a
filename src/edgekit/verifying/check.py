"""What a verification found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: ``passed`` is ``None`` where it could not be checked here.

    ``compared`` says that scores were asked for and held against the recorded ones.
    """

    artifact: str
    subject: str
    passed: bool | None
    detail: str
    compared: bool = False
