"""What conditions are decided with, and what comes out: values that a report can show as they are."""

from dataclasses import replace
from typing import Literal, Protocol

from pushstep.errors import Problem
from pushstep.values import dataclass

Outcome = Literal["true", "false", "error", "not_evaluated"]


class RegexError(Exception):
    """A regular expression gave no answer; the text says why, in the engine's words where it has some."""


class RegexSyntax(RegexError):  # noqa: N818 - the base says Error
    """The pattern is no regular expression."""


class RegexLimit(RegexError):  # noqa: N818 - likewise
    """It took too much time, memory or stack, or the engine ended."""


class RegexEngine(Protocol):
    """JavaScript's regular expressions; both methods raise `RegexError`."""

    def compile(self, pattern: str, flags: str) -> None:
        """Return if `pattern` is a regular expression."""

    def test(self, pattern: str, flags: str, text: str) -> bool:
        """Whether `pattern` matches somewhere in `text`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """One condition and what became of it: an element of the report's `conditions` (interface 3)."""

    name: str
    kind: Literal["branch", "condition", "steps"]
    expression: str
    substituted: str
    """`expression` with the values of its variables."""
    outcome: Outcome
    message: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """The step runs."""

    conditions: tuple[Condition, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Skip:
    """The step does not run, because `when` excludes it; `reason` is a sentence for people."""

    reason: str
    conditions: tuple[Condition, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Fail:
    """The step fails with `problem`, because a condition could not be decided.

    No exception, so that the report of the failed step still shows its conditions.
    """

    problem: Problem
    conditions: tuple[Condition, ...] = ()
    notices: tuple[str, ...] = ()


Decision = Run | Skip | Fail


def then(first: Run, second: Decision) -> Decision:
    """What two questions decide together, of which the first let the step run."""
    return replace(
        second,
        conditions=(*first.conditions, *second.conditions),
        notices=(*first.notices, *second.notices),
    )
