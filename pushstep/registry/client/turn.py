"""Many threads need the same done: one does it, the others wait for what comes of it."""

import threading
from collections.abc import Callable

from pushstep.registry.client.failures import RegistryError


class Turn:
    """One such thing, a login say: a refused one is not tried again by each thread that waited for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self._failure: RegistryError | None = None
        self._about: object = None

    def take(self, needed: Callable[[], bool], action: Callable[[], None], about: object = None) -> None:
        """Do it if it is still `needed` when it is this thread's turn.

        Raises what `action` raised meanwhile for another thread, and again what waiting does not change, as
        long as it is `about` the same.
        """
        before = self._failures
        with self._lock:
            if not needed():
                return
            stays = self._failure and not self._failure.problem.retryable and self._about == about
            if self._failure and (stays or self._failures > before):
                raise self._failure
            try:
                action()
            except RegistryError as failed:
                self._failure, self._about = failed, about
                self._failures += 1
                raise
