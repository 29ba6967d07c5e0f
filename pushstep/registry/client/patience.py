"""Below a step's `retry` a single request is tried again, up to five times within a minute (push-step.md 8).

The wait is random between half and all of 1, 2, 4, 8, 16 s: workers that failed together do not come back
together, and who is away for a moment (a registry that is started again) is waited for. It is longer if the
registry asks for that. Only time in which nothing goes on is counted: to send half a large blob may have
taken longer than the minute.
"""

from collections.abc import Callable
from typing import TypeVar

from pushstep.registry.client.failures import RegistryError
from pushstep.registry.client.network import Network

LONGEST = 60.0
_TIMES = 5
_Result = TypeVar("_Result")


class Patience:
    """How much of it is left for one request."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._failures = 0
        self._waited = 0.0

    def wait(self, failed: RegistryError) -> None:
        """Wait for the next try, or raise `failed` if there is none."""
        if self._failures:
            self._waited += failed.silence
        wait = max(failed.asked or 0.0, 2.0**self._failures * (1 + self._network.jitter()) / 2)
        self._failures += 1
        if failed.spent or self._failures > _TIMES or self._waited + wait > LONGEST:
            # who called may have patience of its own, and is not to begin anew
            failed.spent = True
            raise failed
        self._waited += wait
        self._network.wait(wait)


def retryable(failed: RegistryError) -> bool:
    """Whether trying again may help."""
    return failed.problem.retryable


def patiently(
    network: Network, action: Callable[[], _Result], again: Callable[[RegistryError], bool] = retryable
) -> _Result:
    """What `action` returns; it is tried again as long as `again` says so and patience lasts."""
    patience = Patience(network)
    while True:
        try:
            return action()
        except RegistryError as failed:
            if not again(failed):
                failed.spent = True
                raise
            patience.wait(failed)
