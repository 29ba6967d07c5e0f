"""When a step is tried again, as data (push-step.md 8; the reference's section 11)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushstep.errors import CODES, Problem
from pushstep.push.retry import LONGEST, Again, Over, asked, next_move, retry_after, waits
from pushstep.step.model import Retry

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
PASSING = Problem(
    code="unavailable", message="the registry answered 503", hint="It may pass.", retryable=True
)


def retry(attempts: int = 4, delay: float = 5, factor: float = 1) -> Retry:
    # as a document gives them
    return Retry.model_validate(
        {"maxAttempts": str(attempts), "delay": str(delay), "exponentialFactor": str(factor)}
    )


SCHEDULES = {
    "the default is no retry": (Retry(), []),
    "one attempt": (retry(1), []),
    "constant": (retry(4, 5, 1), [5, 5, 5]),
    "the first wait is a power too": (retry(3, 5, 2), [25, 300]),
    "powers of powers": (retry(4, 2, 2), [4, 16, 256]),
    "an hour is cut": (retry(2, 60, 2), [300]),
    "the largest": (retry(10, 60, 5), [300] * 9),
    "less than a second shrinks": (retry(3, 0.5, 2), [0.25, 0.0625]),
    "a factor between": (retry(3, 4, 1.5), [8, 22.627416997969522]),
}


@pytest.mark.parametrize(("given_retry", "expected"), SCHEDULES.values(), ids=SCHEDULES)
def test_section_8_waits(given_retry: Retry, expected: list[float]) -> None:
    assert list(waits(given_retry, lambda: 0.0)) == expected


def test_section_8_jitter_adds_a_tenth_at_most() -> None:
    assert list(waits(retry(3, 50, 1), lambda: 1.0)) == pytest.approx([55, 55])
    assert list(waits(retry(3, 50, 1), lambda: 0.5)) == pytest.approx([52.5, 52.5])
    assert list(waits(retry(3, 60, 2), lambda: 1.0)) == [300, 300]


@given(
    st.integers(1, 10),
    st.floats(0.01, 60),
    st.floats(1, 5),
    st.lists(st.floats(0, 1), min_size=9, max_size=9),
)
def test_section_8_any_schedule_is_bounded(
    attempts: int, delay: float, factor: float, jitter: list[float]
) -> None:
    found = list(waits(retry(attempts, delay, factor), iter(jitter).__next__))

    assert len(found) == attempts - 1
    assert all(0 <= wait <= LONGEST for wait in found)


ASKED = {
    "0": 0,
    "120": 120,
    " 7 ": 7,
    "Tue, 24 Nov 2026 12:00:30 GMT": 30,
    "Tuesday, 24-Nov-26 12:01:00 GMT": 60,
    "Tue Nov 24 12:01:30 2026": 90,
    "Tue, 24 Nov 2026 13:00:30 +0100": 30,
    "Tue, 24 Nov 2026 12:00:30 -0000": 30,
    "Tue, 24 Nov 2026 11:00:00 GMT": 0,
    "": None,
    "-1": None,
    "1.5": None,
    "soon": None,
    "99999999999999": None,
    "Tue, 99 Nov 2026 12:00:30 GMT": None,
    "Tue, 24 Nov 99999999999 12:00:30 GMT": None,
}


@pytest.mark.parametrize(("text", "expected"), ASKED.items(), ids=map(ascii, ASKED))
def test_section_8_retry_after_in_both_forms(text: str, expected: float | None) -> None:
    assert retry_after(text, NOW) == expected


WORDS = {
    # what a registry said, as the Docker daemon hands it on → seconds it asks for
    "toomanyrequests: retry-after: 44.5\u00b5s, allowed: 44000/minute": 44.5e-6,
    "toomanyrequests: retry-after: 1m2.5s, allowed: 44000/minute": 62.5,
    "retry-after: 1h": 3600,
    "retry-after: 250ms": 0.25,
    "retry-after: 3\u03bcs": 3e-6,
    "Retry-After: 120": 120,
    '{"message":"slow down","retry_after":"7"}': 7,
    "Retry-After: Tue, 24 Nov 2026 12:00:30 GMT.": 30,
    "retry after 5 seconds": 5,
    "retry-after: soon": None,
    "received unexpected HTTP status: 503 Service Unavailable": None,
}


@pytest.mark.parametrize(("text", "expected"), WORDS.items(), ids=map(ascii, WORDS))
def test_section_8_retry_after_in_a_registrys_words(text: str, expected: float | None) -> None:
    found = asked(text, NOW)

    assert found is None if expected is None else found == pytest.approx(expected)


@given(st.text())
def test_any_retry_after_is_a_number_or_nothing(text: str) -> None:
    found = retry_after(text, NOW)

    assert found is None or found >= 0


def test_section_8_a_passing_failure_is_tried_again() -> None:
    assert next_move(PASSING, 5.0, None, NOW) == Again(seconds=5)
    assert next_move(PASSING, 5.0, 2.0, NOW) == Again(seconds=5)
    assert next_move(PASSING, 5.0, 300.0, NOW) == Again(seconds=300)


def test_section_8_the_last_attempt_ends_it() -> None:
    assert next_move(PASSING, None, None, NOW) == Over(problem=PASSING)
    assert next_move(PASSING, None, 5.0, NOW) == Over(problem=PASSING)


def test_section_8_a_registry_that_asks_for_too_long_ends_it_with_the_time() -> None:
    found = next_move(PASSING, 5.0, 1201.0, NOW)

    assert isinstance(found, Over)
    assert found.problem.message == PASSING.message
    assert found.problem.hint == (
        "It may pass. It asks to wait 21 minutes: run the step again after 2026-11-24 12:20:01 UTC."
    )


@pytest.mark.parametrize("code", ["login", "denied", "candidate", "reference", "immutable", "quota"])
def test_section_8_what_cannot_get_better_is_not_tried_again_and_says_why(code: str) -> None:
    found = next_move(Problem(code=code, message="no"), 5.0, 1.0, NOW)

    assert isinstance(found, Over)
    assert (found.problem.code, found.problem.message) == (code, "no")
    assert found.problem.hint == f"Not tried again: waiting does not help when {CODES[code][1]}."
