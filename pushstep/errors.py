"""The one tree of expected failures, and the table of their codes.

    PushstepError
    ├── InputError     exit 2: what the run was told makes no sense; holds every problem found
    └── StepError      exit 1: a step failed; holds the one problem that ended it
    Stopped            no `Exception`, so that no library swallows it; holds the problem
    ├── Interrupted    exit 130 or 143: a signal
    └── TimedOut       the step's `timeout` is over, and it fails

Anything else that is raised is a bug and keeps its traceback.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from pushstep.values import dataclass

CODES: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "missing": (2, "a value that is needed was not given"),
        "value": (2, "a value that this input does not take"),
        "unknown": (2, "a name that pushstep does not know"),
        "conflict": (2, "two things given that exclude each other"),
        "unsupported": (2, "something the specification knows and this version does not do yet"),
        "reference": (2, "a registry, repository, tag or reference that breaks the OCI grammar"),
        "yaml": (2, "a text that is no valid YAML, or not of the shape the input wants"),
        "condition-syntax": (2, "a condition that is no expression, whatever its variables are"),
        "regex": (2, "a regular expression that does not compile"),
        "variable": (2, "a variable without a value (1 when an earlier step owes it), or a misplaced secret"),
        "candidate": (1, "the image to push does not exist, or is not one image"),
        "condition": (1, "a condition failed while it was evaluated"),
        "daemon": (1, "no Docker daemon answers, or it failed"),
        "credentials": (1, "a source of credentials is responsible for the registry, but broken"),
        "login": (1, "the registry refused the user name or password"),
        "denied": (1, "the registry knows the identity and refuses the push"),
        "not-found": (1, "the registry has no such repository, and does not create it"),
        "unreachable": (1, "no connection to the registry"),
        "proxy": (1, "the proxy on the way to the registry failed, or let nothing through"),
        "plain-http": (1, "the registry speaks plain HTTP where TLS was expected"),
        "tls": (1, "the registry's certificate is not trusted"),
        "rate-limit": (1, "the registry asked to slow down"),
        "unavailable": (1, "the registry failed for a moment (5xx)"),
        "immutable": (1, "the tag exists and must not move"),
        "quota": (1, "the registry has no room left"),
        "registry": (1, "the registry refused for another reason"),
        "digest": (1, "the registry does not hold what was pushed"),
        "disk": (1, "no room on this machine for what is under way"),
        "layout": (1, "the folder of an `oci:` destination is no image layout, or cannot be written"),
        "report": (1, "the push ended, but its report or outputs could not be written"),
        "bug": (1, "a fault in pushstep itself; the log has its traceback"),
        "timeout": (1, "the step took longer than its `timeout`"),
        "interrupted": (1, "a signal ended the run (exit status 130 or 143)"),
    }
)
"""Code → exit status it leads to and what it means; the README's table is made from it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing that went wrong: ERROR of the report (interface 3).

    `message` says what happened, `hint` what to do now; `path` is the field, as the user spelled it.
    `picture` shows the place: a line of what the user wrote, and one with a caret under it.
    """

    code: str
    message: str
    hint: str = ""
    retryable: bool = False
    path: str | None = None
    line: int | None = None
    column: int | None = None
    picture: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"{self.code!r} is no error code")


BUG = Problem(code="bug", message="pushstep failed in a way it does not know", hint="Report it.")
"""What is told where anything else is raised than what stands below."""


class PushstepError(Exception):
    """Base of every expected failure."""

    exit_status = 1

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.message for problem in self.problems))


class InputError(PushstepError):
    """The run was told something that makes no sense; found before anything ran."""

    exit_status = 2


class StepError(PushstepError):
    """A step failed."""

    reached: bool = True
    """False: nothing of the registry answered at all, which says nothing about who else may reach it."""
    missing: tuple[str, ...] | None = None
    """Digests that a registry misses below a manifest that it refused; empty: it does not say which."""

    def __init__(self, problem: Problem) -> None:
        super().__init__([problem])
        self.problem = problem


class Stopped(BaseException):
    """Somebody waits no longer for what goes on."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.message)


class Interrupted(Stopped):
    """A signal asked the run to end; `exit_status` is 128 + its number."""

    def __init__(self, signal_number: int) -> None:
        self.exit_status = 128 + signal_number
        problem = Problem(
            code="interrupted",
            message=f"signal {signal_number} ended the run",
            hint="What was pushed before it is in the report; run it again for the rest.",
        )
        super().__init__(problem)


class TimedOut(Stopped):
    """A step took longer than its `timeout`."""

    def __init__(self, seconds: float) -> None:
        problem = Problem(
            code="timeout",
            message=f"the step took longer than its timeout of {seconds:g} s",
            hint="Raise `timeout`; it covers the whole step, with everything that is tried again.",
        )
        super().__init__(problem)
