"""Real signals to this very process: noted everywhere, raised where the run waits."""

import os
import signal

import pytest

from pushstep.errors import Interrupted
from pushstep.interrupts import Interrupts


def send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_is_noted_and_raised_at_the_next_wait(number: signal.Signals, status: int) -> None:
    interrupts = Interrupts()
    with interrupts.watched():
        send(number)
        assert interrupts.received is not None
        assert interrupts.received.exit_status == status
        with pytest.raises(Interrupted), interrupts.raising():
            pytest.fail("the block must not begin")
        with pytest.raises(Interrupted):
            interrupts.check()


def test_a_signal_during_a_wait_is_raised_there_and_a_second_one_is_not() -> None:
    interrupts = Interrupts()
    with interrupts.watched():
        with pytest.raises(Interrupted), interrupts.raising():
            send(signal.SIGTERM)
        send(signal.SIGINT)
    assert interrupts.received is not None
    assert interrupts.received.exit_status == 143


def test_without_a_signal_nothing_is_raised_and_handlers_are_given_back() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    interrupts = Interrupts()
    with interrupts.watched():
        interrupts.check()
        with interrupts.raising():
            pass
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before
    assert interrupts.received is None


def test_no_library_can_swallow_it() -> None:
    assert not issubclass(Interrupted, Exception)
