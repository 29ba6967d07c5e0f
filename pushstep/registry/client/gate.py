"""How many requests a host gets at once, and that nobody asks it while it wants to be left alone."""

from collections.abc import Iterator
from contextlib import contextmanager

from pushstep.registry.client.failures import Subject, paused
from pushstep.registry.client.network import Network
from pushstep.registry.client.patience import LONGEST


class Gate:
    """One host's."""

    def __init__(self, network: Network, limit: int) -> None:
        self._network = network
        self._free = limit
        self._opens = 0.0

    def pause(self, seconds: float) -> None:
        """Let nobody through for so long."""
        self._opens = max(self._opens, self._network.seconds() + seconds)

    @contextmanager
    def passed(self, subject: Subject) -> Iterator[None]:
        """Let one through, and count it until it has its answer.

        Raises `RegistryError` where the host asked to wait longer than requests do, and `Cancelled`.
        """
        self.open(subject)
        self._network.until(self._take)
        try:
            yield
        finally:
            self._network.change(self._give)

    def open(self, subject: Subject) -> None:
        """Wait until the host takes requests; raises as `passed` does."""
        while (left := self._opens - self._network.seconds()) > 0:
            if left > LONGEST:
                raise paused(left, subject)
            self._network.wait(left)

    def _take(self) -> bool:
        if not self._free:
            return False
        self._free -= 1
        return True

    def _give(self) -> None:
        self._free += 1
