"""What of a step is still missing after an attempt, and whether another one may bring it; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from pushstep.errors import Problem
from pushstep.push.plan import Destination
from pushstep.push.retry import Again, asked, last_word, next_move
from pushstep.result import ARRIVED, DestinationResult, StepResult


def missing(place: DestinationResult) -> tuple[str, ...]:
    """The tags that another attempt may bring."""
    return tuple(
        tag.tag
        for tag in place.tags
        if tag.status not in ARRIVED and (problem := tag.error or place.error) and problem.retryable
    )


def wanted(before: Sequence[DestinationResult], laid: Sequence[Destination]) -> tuple[Destination, ...]:
    """Where the next attempt goes: to all that is `laid` out, or after a first one to what it left."""
    if not before:
        return tuple(laid)
    left = {(place.registry, place.repository): missing(place) for place in before}
    return tuple(replace(place, tags=tags) for place in laid if (tags := left.get(place.key)))


def merged(
    before: Sequence[DestinationResult], now: Sequence[DestinationResult]
) -> tuple[DestinationResult, ...]:
    """All places, those of the last attempt with what came of them."""
    if not before:
        return tuple(now)
    again = {(place.registry, place.repository): place for place in now}
    keys = ((place, again.get((place.registry, place.repository))) for place in before)
    return tuple(together(place, one) if one else place for place, one in keys)


def together(before: DestinationResult, now: DestinationResult) -> DestinationResult:
    """What an attempt at some tags of a place makes of what was known of it."""
    again = {tag.tag: tag for tag in now.tags}
    tags = tuple(again.get(tag.tag, tag) for tag in before.tags)
    lacking = [tag for tag in tags if tag.status not in ARRIVED]
    error = next((tag.error for tag in lacking if tag.error), now.error)
    return replace(
        now,
        digest=now.digest or before.digest,
        result="failure" if lacking else "success",
        error=error if lacking else None,
        duration_seconds=round((before.duration_seconds or 0) + (now.duration_seconds or 0), 3),
        tags=tags,
    )


def wait(result: StepResult, scheduled: float | None, now: datetime) -> float | None:
    """Seconds until the next attempt; None: there is none.

    `scheduled` is the next wait of the schedule, None after the last attempt.
    """
    moves = [
        next_move(problem, scheduled, asked(problem.message, now), now)
        for problem in _problems(result)
        if problem.retryable
    ]
    seconds = [move.seconds for move in moves if isinstance(move, Again)]
    return max(seconds) if seconds and len(seconds) == len(moves) else None


def explained(result: StepResult, now: datetime) -> StepResult:
    """The result of the last attempt, in which every problem says why there is no further one."""

    def told(problem: Problem | None) -> Problem | None:
        return problem and last_word(problem, asked(problem.message, now), now)

    places = (
        replace(
            place,
            error=told(place.error),
            tags=tuple(replace(tag, error=told(tag.error)) for tag in place.tags),
        )
        for place in result.destinations
    )
    return replace(result, error=told(result.error), destinations=tuple(places))


def _problems(result: StepResult) -> Iterator[Problem]:
    if not result.destinations and result.error:
        yield result.error
    for place in result.destinations:
        if missing(place):
            yield from filter(None, (place.error, *(tag.error for tag in place.tags)))
