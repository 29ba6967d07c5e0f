"""Threads that do things in an order, and end."""

import os
import threading
from functools import partial

import pytest

from pushstep.push.workers import Workers


def test_of_those_that_wait_the_lowest_rank_comes_first() -> None:
    workers, go = Workers(1), threading.Event()
    done: list[str] = []
    started = workers.submit(lambda: go.wait(10))

    waiting = [
        workers.submit(partial(done.append, name), rank)
        for name, rank in (("c", 2), ("a", 1), ("b", 1), ("now", 0))
    ]
    go.set()

    assert started.result(10)
    assert [one.result(10) for one in waiting] == [None] * 4
    assert done == ["now", "a", "b", "c"]


def test_what_was_given_up_is_not_done_and_the_rest_is() -> None:
    workers, go = Workers(1), threading.Event()
    done: list[str] = []
    workers.submit(lambda: go.wait(10))
    given_up, kept = (workers.submit(partial(done.append, name)) for name in "ab")

    assert given_up.cancel()
    go.set()

    kept.result(10)
    assert done == ["b"]


def test_the_first_failure_is_raised_and_threads_end() -> None:
    before = set(threading.enumerate())
    workers, failed = Workers(3), threading.Event()

    def halved(number: int) -> float:
        if number == 2:
            failed.wait(10)
        return 1 / number

    assert workers.all(halved, [1, 4, 8]) == [1, 0.25, 0.125]
    with pytest.raises(ZeroDivisionError):
        workers.all(halved, [1, 0, 2])
    failed.set()  # the failure was told while one was still being done
    threads = set(threading.enumerate()) - before
    workers.close()

    for thread in threads:
        thread.join(10)
    assert 1 <= len(threads) <= 3
    assert not any(thread.is_alive() for thread in threads)


def test_who_computes_interrupts_nobody() -> None:
    computing, sending = Workers(1, computes=True), Workers(1)

    assert computing.submit(lambda: os.sched_getscheduler(0)).result(10) == os.SCHED_BATCH
    assert sending.submit(lambda: os.sched_getscheduler(0)).result(10) == os.SCHED_OTHER
    assert os.sched_getscheduler(0) == os.SCHED_OTHER
    computing.close()
    sending.close()
