"""Threads for what waits on a network or computes; none of them keeps a process alive that wants to end."""

import os
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from itertools import count as count_from
from math import inf
from queue import PriorityQueue
from threading import Lock, Thread
from typing import TypeVar

T = TypeVar("T")
S = TypeVar("S")


class AbandonedError(Exception):
    """Nobody waits any more for what is being done."""


class Workers:
    """At most `count` threads, started when there is something to do for them.

    The interpreter waits for pools of `concurrent.futures` when it ends, however long a connection takes.
    Threads that only compute let those go first that wait for a network: what is sent late ends late.
    """

    def __init__(self, count: int, *, computes: bool = False) -> None:
        self._count = count
        self._computes = computes
        self._deeds: PriorityQueue[tuple[float, int, Callable[[], None] | None]] = PriorityQueue()
        self._numbers = count_from()
        self._lock = Lock()
        self._started = 0
        self._idle = 0

    def submit(self, deed: Callable[[], T], rank: float = 0) -> "Future[T]":
        """Have it done; the future holds what it returns or raises.

        Of those that wait the lowest rank comes first, and of one rank the first.
        """
        future: Future[T] = Future()

        def settle() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(deed())
            except BaseException as error:  # noqa: BLE001 - whoever asks for the result gets it
                future.set_exception(error)

        with self._lock:
            if self._idle:
                self._idle -= 1
            elif self._started < self._count:
                self._started += 1
                Thread(target=self._work, daemon=True).start()
            self._deeds.put((rank, next(self._numbers), settle))
        return future

    def all(self, deed: Callable[[S], T], items: Iterable[S]) -> list[T]:
        """`deed` of each item, done side by side, in their order; raises what the first failed one raised."""
        under_way = [self.submit(partial(deed, one)) for one in items]
        return [future.result() for future in under_way]

    def close(self) -> None:
        """Let the threads end once everything is done."""
        with self._lock:
            for _ in range(self._started):
                self._deeds.put((inf, next(self._numbers), None))

    def _work(self) -> None:
        if self._computes:
            _let_others_go_first()
        while (deed := self._deeds.get()[2]) is not None:
            deed()
            with self._lock:
                self._idle += 1


def _let_others_go_first() -> None:
    """Make the thread one of sched(7)'s batch class: its share stays the same, but it interrupts nobody.

    So would be what it started. Where whoever started the run has an order of their own, that one stays.
    """
    if sys.platform == "linux" and os.sched_getscheduler(0) == os.SCHED_OTHER:
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
