"""What of a step is missing after an attempt, and whether another one may bring it (push-step.md 8)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pushstep.errors import Problem
from pushstep.push.plan import Destination
from pushstep.push.remainder import explained, merged, missing, together, wait, wanted
from pushstep.result import DestinationResult, StepResult, TagResult

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
PASSING = Problem(code="unavailable", message="it failed", hint="Again.", retryable=True)
FINAL = Problem(code="denied", message="no", hint="Ask.")
SLOWER = Problem(code="rate-limit", message="retry-after: 9s", retryable=True)
AN_HOUR = Problem(code="rate-limit", message="retry-after: 1h", retryable=True)


def place(
    error: Problem | None = None, registry: str = "ghcr.io", **tags: Problem | str
) -> DestinationResult:
    """Tags that arrived have a text, those that failed their problem."""
    results = tuple(
        TagResult(tag=tag, status="failed", error=came)
        if isinstance(came, Problem)
        else TagResult(tag=tag, status="pushed" if came else "not_attempted")
        for tag, came in tags.items()
    )
    first = next((tag.error for tag in results if tag.error), error)
    return DestinationResult(
        registry=registry,
        repository="a/b",
        result="failure" if first else "success",
        error=first,
        tags=results,
        duration_seconds=1.5,
    )


def step(*places: DestinationResult, error: Problem | None = None) -> StepResult:
    return StepResult(name="x", title="x", result="failure", destinations=places, error=error)


MISSING = {
    "all arrived": (place(one="yes"), ()),
    "one fails for a passing reason": (place(one="yes", two=PASSING), ("two",)),
    "one for good": (place(one=FINAL, two=PASSING), ("two",)),
    "never asked, for a passing reason": (place(PASSING, one="", two=""), ("one", "two")),
    "never asked, for good": (place(FINAL, one="", two=""), ()),
    "not asked behind a refused one": (place(one=FINAL, two=""), ()),
}


@pytest.mark.parametrize(("given", "expected"), MISSING.values(), ids=MISSING)
def test_section_8_what_is_missing(given: DestinationResult, expected: tuple[str, ...]) -> None:
    assert missing(given) == expected


LAID = (
    Destination(registry="ghcr.io", repository="a/b", tags=("one", "two")),
    Destination(registry="quay.io", repository="a/b", tags=("one",)),
)


def test_section_8_an_attempt_goes_where_something_is_missing() -> None:
    before = (place(one="yes", two=PASSING), place(registry="quay.io", one="yes"))

    assert wanted((), LAID) == LAID
    assert wanted(before, LAID) == (replace(LAID[0], tags=("two",)),)
    assert wanted(before[1:], LAID) == ()


def test_section_8_what_arrived_stays() -> None:
    before = replace(place(one="yes", two=PASSING, three=FINAL), digest="sha256:1")
    there = place(registry="quay.io", one="yes")

    (first, second) = merged((before, there), [place(two="yes")])

    assert [tag.status for tag in first.tags] == ["pushed", "pushed", "failed"]
    assert (first.result, first.error, first.digest) == ("failure", FINAL, "sha256:1")
    assert first.duration_seconds == 3
    assert second is there
    assert merged((), [before]) == (before,)


def test_section_8_the_last_missing_tag_makes_it_a_success() -> None:
    found = together(place(one="yes", two=PASSING), replace(place(two="yes"), digest="sha256:2"))

    assert (found.result, found.error, found.digest) == ("success", None, "sha256:2")
    assert together(place(PASSING, one=""), place(FINAL, one="")).error == FINAL


WAITS = {
    "one passing failure": (step(place(one=PASSING)), 5.0, 5.0),
    "the last attempt": (step(place(one=PASSING)), None, None),
    "for good": (step(place(one=FINAL)), 5.0, None),
    "some for good": (step(place(one=FINAL), place(registry="quay.io", one=PASSING)), 5.0, 5.0),
    "a registry asks for more": (step(place(one=PASSING, two=SLOWER)), 5.0, 9.0),
    "a registry asks for too much": (step(place(one=PASSING, two=AN_HOUR)), 5.0, None),
    "before any destination": (step(error=PASSING), 5.0, 5.0),
    "before any destination, for good": (step(error=FINAL), 5.0, None),
    "nothing is wrong": (step(), 5.0, None),
    "a place that was never asked": (step(place(PASSING, one="")), 5.0, 5.0),
}


@pytest.mark.parametrize(("given", "scheduled", "expected"), WAITS.values(), ids=WAITS)
def test_section_8_the_next_attempt(
    given: StepResult, scheduled: float | None, expected: float | None
) -> None:
    assert wait(given, scheduled, NOW) == expected


def test_section_8_every_problem_says_why_it_is_the_last() -> None:
    found = explained(step(place(one=FINAL, two=PASSING, three="yes"), error=FINAL), NOW)

    why = "Ask. Not tried again: waiting does not help"
    (there,) = found.destinations
    assert found.error is not None
    assert found.error.hint.startswith(why)
    assert there.error == there.tags[0].error == found.error
    assert [tag.error for tag in there.tags[1:]] == [PASSING, None]
    assert explained(step(), NOW) == step()
