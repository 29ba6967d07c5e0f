"""SIGTERM, SIGINT and a step's timer as values: noted wherever they arrive, raised only where the run waits.

So names are given back and files written whole without a word about signals in that code.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from pushstep.errors import Interrupted, Stopped, TimedOut

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Interrupts:
    """The first signal that asked the run to end, if any; further ones change nothing."""

    def __init__(self) -> None:
        self.received: Interrupted | None = None
        self._expired: TimedOut | None = None
        self._raising = False

    @property
    def stopped(self) -> Stopped | None:
        """Why what goes on is to end: a signal, or the timer of `within`."""
        return self.received or self._expired

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Note the signals while entered."""
        before = {number: signal.signal(number, self._arrived) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def within(self, seconds: float | None) -> Iterator[None]:
        """Let a timer stop what goes on in this block after so many seconds; None is no limit."""
        if seconds is None:
            yield
            return
        self._expired = None
        before = signal.signal(signal.SIGALRM, lambda *_: self._ran_out(seconds))
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            self._expired = None

    def check(self) -> None:
        """Raise `Stopped` if there is a reason to."""
        if self.stopped:
            raise self.stopped

    @contextmanager
    def raising(self) -> Iterator[None]:
        """Raise `Stopped` in this block, at its beginning if the reason was there before."""
        before, self._raising = self._raising, True
        try:
            self.check()
            yield
        finally:
            self._raising = before

    def _arrived(self, number: int, _frame: FrameType | None) -> None:
        if self.received:
            return
        self.received = Interrupted(number)
        if self._raising:
            raise self.received

    def _ran_out(self, seconds: float) -> None:
        if self.stopped:
            return
        self._expired = TimedOut(seconds)
        if self._raising:
            raise self._expired
