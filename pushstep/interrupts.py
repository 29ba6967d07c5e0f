"""SIGTERM and SIGINT as values: noted wherever they arrive, raised only where the run waits for others.

So names are given back and files written whole without a word about signals in that code.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from pushstep.errors import Interrupted

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Interrupts:
    """The first signal that asked the run to end, if any; further ones change nothing."""

    def __init__(self) -> None:
        self.received: Interrupted | None = None
        self._raising = False

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Note the signals while entered."""
        before = {number: signal.signal(number, self._arrived) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def check(self) -> None:
        """Raise `Interrupted` if a signal has come."""
        if self.received:
            raise self.received

    @contextmanager
    def raising(self) -> Iterator[None]:
        """Raise `Interrupted` in this block, at its beginning if the signal was there before."""
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
