"""Signals that ask a command to end: Ctrl-C, SIGTERM, and SIGHUP when its terminal closes. Each interrupts it, so that it tidies up."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import time

_MOMENT_S = 0.05
# A closing terminal sends SIGHUP twice, the shell's and its own; Ctrl-C is pressed twice. Tidying up goes on for so long.
_TIDYING_S = 2.0
_SIGNALS = tuple(number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None)


class _Interrupts:
    """Raises `KeyboardInterrupt`, once for signals that come together."""

    def __init__(self) -> None:
        self._last_s = -_TIDYING_S

    def heard(self, number: int, frame: object) -> None:
        """Take a signal."""
        now = time.monotonic()
        if now - self._last_s >= _TIDYING_S:
            self._last_s = now
            raise KeyboardInterrupt

    def swallowed(self, unraisable: sys.UnraisableHookArgs) -> None:
        """Interrupt once more, a moment later, where Python swallowed an interrupt: one that came within a destructor."""
        if unraisable.exc_type is KeyboardInterrupt:
            self._last_s = -_TIDYING_S
            threading.Timer(_MOMENT_S, _thread.interrupt_main).start()
        else:
            sys.__unraisablehook__(unraisable)


def hear_signals() -> None:
    """Interrupt this process at each of the signals, but for those that it was started to ignore, as ``nohup`` does."""
    interrupts = _Interrupts()
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, interrupts.heard)
    sys.unraisablehook = interrupts.swallowed


def ignore_signals() -> None:
    """Let no signal change how this process ends: its command is done, and Python would let the next one kill it while it ends."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
