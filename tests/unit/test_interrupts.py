"""SIGTERM and SIGINT as values, with real signals to this process."""

import os
import signal
import time

import pytest

from pushstep.errors import Interrupted, TimedOut
from pushstep.interrupts import Interrupts

STATUSES = {signal.SIGINT: 130, signal.SIGTERM: 143}
each = pytest.mark.parametrize(("number", "status"), STATUSES.items(), ids=["SIGINT", "SIGTERM"])


def send(number: int) -> None:
    os.kill(os.getpid(), number)


@each
def test_a_signal_is_noted_and_the_run_goes_on(number: int, status: int) -> None:
    interrupts = Interrupts()

    with interrupts.watched():
        assert interrupts.received is None
        interrupts.check()
        send(number)

        assert interrupts.received is not None
        assert interrupts.received.exit_status == status


@each
def test_what_was_noted_is_raised_where_it_is_asked_for(number: int, status: int) -> None:
    interrupts = Interrupts()
    with interrupts.watched():
        send(number)
    reached = False

    with pytest.raises(Interrupted) as caught:
        interrupts.check()
    assert caught.value.exit_status == status
    with pytest.raises(Interrupted) as caught, interrupts.raising():
        reached = True
    assert caught.value.exit_status == status
    assert not reached


def wait_for_others(interrupts: Interrupts, number: int, reached: list[str]) -> None:
    with interrupts.raising():
        reached.append("before")
        send(number)
        reached.append("after")


@each
def test_a_signal_is_raised_inside_raising(number: int, status: int) -> None:
    interrupts = Interrupts()
    reached: list[str] = []

    with interrupts.watched():
        with pytest.raises(Interrupted) as caught:
            wait_for_others(interrupts, number, reached)
        # giving names back and writing files go on
        send(number)
        reached.append("outside")

    assert caught.value is interrupts.received
    assert caught.value.exit_status == status
    assert reached == ["before", "outside"]


@pytest.mark.parametrize("first", STATUSES, ids=["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("second", STATUSES, ids=["SIGINT", "SIGTERM"])
def test_a_second_signal_changes_nothing(first: int, second: int) -> None:
    interrupts = Interrupts()

    with interrupts.watched():
        send(first)
        send(second)
        assert interrupts.received is not None
        assert interrupts.received.exit_status == 128 + first

        with pytest.raises(Interrupted), interrupts.raising():
            pass
        send(second)
        assert interrupts.received.exit_status == 128 + first


def clean_up_after_a_signal(interrupts: Interrupts, cleaned: list[str]) -> None:
    with interrupts.raising():
        try:
            send(signal.SIGTERM)
        finally:
            send(signal.SIGINT)
            cleaned.append("up")


def test_a_second_signal_is_not_raised_inside_raising_either() -> None:
    interrupts = Interrupts()
    cleaned: list[str] = []

    with interrupts.watched(), pytest.raises(Interrupted):
        clean_up_after_a_signal(interrupts, cleaned)

    assert cleaned == ["up"]
    assert interrupts.received is not None
    assert interrupts.received.exit_status == 143


def signal_after_an_inner_block(interrupts: Interrupts) -> None:
    with interrupts.raising():
        with interrupts.raising():
            pass
        send(signal.SIGTERM)


def test_raising_ends_with_its_block_and_may_be_nested() -> None:
    interrupts = Interrupts()

    with interrupts.watched():
        with interrupts.raising():
            pass
        assert interrupts.received is None
        with pytest.raises(Interrupted):
            signal_after_an_inner_block(interrupts)


def test_an_error_inside_raising_is_that_error() -> None:
    interrupts = Interrupts()

    with interrupts.watched():
        with pytest.raises(KeyError), interrupts.raising():
            raise KeyError
        send(signal.SIGTERM)

    assert interrupts.received is not None


def test_the_handlers_of_before_are_restored() -> None:
    seen: list[int] = []
    before = {number: signal.signal(number, lambda number, _: seen.append(number)) for number in STATUSES}
    try:
        mine = {number: signal.getsignal(number) for number in STATUSES}
        for error in (None, KeyError()):
            try:
                with Interrupts().watched():
                    assert {number: signal.getsignal(number) for number in STATUSES} != mine
                    if error:
                        raise error
            except KeyError:
                pass
            assert {number: signal.getsignal(number) for number in STATUSES} == mine
        send(signal.SIGTERM)
        assert seen == [signal.SIGTERM]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


# --- a step's timer ------------------------------------------------------------------------------------


def test_section_2_a_timer_raises_inside_raising_and_is_noted_elsewhere() -> None:
    interrupts = Interrupts()
    reached = []

    with interrupts.within(0.05):
        with pytest.raises(TimedOut) as caught, interrupts.raising():
            time.sleep(5)
        assert interrupts.stopped is caught.value
        reached.append("outside")
        with pytest.raises(TimedOut), interrupts.raising():
            reached.append("never")

    assert caught.value.problem.code == "timeout"
    assert "0.05 s" in caught.value.problem.message
    assert reached == ["outside"]
    assert interrupts.stopped is None
    interrupts.check()


@pytest.mark.parametrize("seconds", [None, 60])
def test_a_timer_that_does_not_run_out_changes_nothing(seconds: float | None) -> None:
    interrupts = Interrupts()
    before = signal.getsignal(signal.SIGALRM)

    with interrupts.within(seconds), interrupts.raising():
        assert interrupts.stopped is None

    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) == before


def test_a_signal_says_more_than_a_timer_whichever_came_first() -> None:
    interrupts = Interrupts()

    with interrupts.watched(), interrupts.within(0.01):
        time.sleep(0.05)
        before = interrupts.stopped
        send(signal.SIGTERM)
        after = interrupts.stopped

    assert isinstance(before, TimedOut)
    assert isinstance(after, Interrupted)
    with interrupts.within(0.01):
        time.sleep(0.05)
        assert interrupts.stopped is after
    with pytest.raises(Interrupted):
        interrupts.check()
