"""How long work tells what it does, without knowing who listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """A listener; the command line draws a bar on a terminal and prints plain lines elsewhere."""

    def say(self, text: str) -> None:
        """Tell one thing worth a line."""

    def advance(self, task: str, done: int, total: int, detail: str = "") -> None:
        """Tell that ``done`` of ``total`` parts of ``task`` are finished."""


class Silent:
    """A listener that ignores everything."""

    def say(self, text: str) -> None:
        """Ignore."""

    def advance(self, task: str, done: int, total: int, detail: str = "") -> None:
        """Ignore."""
