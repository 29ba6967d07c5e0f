"""When a step is tried again, as data (push-step.md 8): waits, what a registry asks for, what is hopeless.

The first wait is `delay` to the power of `exponentialFactor`, each further one the one before to that power,
none longer than 300 s. Up to a tenth is added: jobs that failed together should not come back together.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from pushstep.errors import CODES, Problem
from pushstep.step.model import Retry
from pushstep.values import dataclass

LONGEST = 300.0
"""Seconds that one wait takes at most."""
_JITTER = 0.1
_GO = re.compile("([0-9]+(?:[.][0-9]+)?)(h|ms|m|s|us|ns|\u00b5s|\u03bcs)")
"""One part of a duration in Go, which writes both spellings of the micro sign."""
_UNITS = {"h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "\u00b5s": 1e-6, "\u03bcs": 1e-6, "ns": 1e-9}
_ASKED = re.compile(
    rf"""retry[-_ ]after["']?\s*[:=]?\s*["']?(?:(?P<go>(?:{_GO.pattern})+)|"""
    r"""(?P<plain>[0-9]+|[a-z]+, [0-9]{1,2}[ -][a-z]{3}[ -][0-9]{2,4} [0-9:]{8} GMT))""",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Again:
    """The step is tried again after so many seconds."""

    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Over:
    """The step is not tried again; `problem` says why, in its hint."""

    problem: Problem


def waits(retry: Retry, jitter: Callable[[], float]) -> Iterator[float]:
    """Seconds between the attempts, of which there are `max_attempts`; `jitter` gives numbers from 0 to 1."""
    wait = retry.delay
    for _ in range(retry.max_attempts - 1):
        # cut here as well: a power of a power of 60 is soon no number any more
        wait = min(wait**retry.exponential_factor, LONGEST)
        yield min(wait * (1 + _JITTER * jitter()), LONGEST)


def retry_after(text: str, now: datetime) -> float | None:
    """Seconds that a `Retry-After` asks to wait, which is a number or a date; None when it is neither."""
    bare = text.strip()
    if re.fullmatch("[0-9]{1,9}", bare):
        return float(bare)
    try:
        date = parsedate_to_datetime(bare)
        # a date without a zone is in UTC: HTTP knows no other
        return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds())
    except (ValueError, OverflowError):
        return None


def asked(text: str, now: datetime) -> float | None:
    """Seconds that a registry asks to wait, where the Docker daemon hands on its words.

    The daemon passes no header on; ghcr.io writes what would stand there into the body, as Go spells times.
    """
    found = _ASKED.search(text)
    if found is None:
        return None
    if found["go"] is None:
        return retry_after(found["plain"], now)
    return sum(float(number) * _UNITS[unit] for number, unit in _GO.findall(found["go"].lower()))


def next_move(problem: Problem, wait: float | None, asked: float | None, now: datetime) -> Again | Over:
    """What follows an attempt that ended with `problem`.

    `wait` is the next of the schedule, None after the last attempt; `asked` is what the registry asked for.
    """
    if wait is None or not problem.retryable or (asked or 0.0) > LONGEST:
        return Over(problem=last_word(problem, asked, now))
    return Again(seconds=max(wait, asked or 0.0))


def last_word(problem: Problem, asked: float | None, now: datetime) -> Problem:
    """The problem with the reason why waiting is no way out of it, if there is one."""
    if not problem.retryable:
        meaning = CODES[problem.code][1]
        return _told(problem, f"Not tried again: waiting does not help when {meaning}.")
    if asked is not None and asked > LONGEST:
        at = f"{now + timedelta(seconds=asked):%Y-%m-%d %H:%M:%S} UTC"
        minutes = -(-asked // 60)
        return _told(problem, f"It asks to wait {minutes:.0f} minutes: run the step again after {at}.")
    return problem


def _told(problem: Problem, why: str) -> Problem:
    return replace(problem, hint=f"{problem.hint} {why}".strip())
