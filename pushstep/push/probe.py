"""Whether the identity of a run may push to a place: asked without pushing anything (interface 1)."""

from pushstep.errors import Problem, StepError
from pushstep.push.place import Place
from pushstep.result import ProbeOutcome
from pushstep.values import dataclass

_LEFT = (
    "the upload that was opened to ask this is not ended, as the registry does not let us; such ones end by "
    "themselves, or are cleared by its administrator"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Probed:
    """What a place answered."""

    outcome: ProbeOutcome
    notice: str | None = None
    """What is left behind."""
    failed: StepError | None = None
    """Why it is not "may_push"."""


def probed(place: Place) -> Probed:
    """Ask it."""
    try:
        nothing_left = place.probe()
    except StepError as failed:
        return unanswered(failed)
    return Probed(outcome="may_push", notice=None if nothing_left else _LEFT)


def unanswered(failed: StepError) -> Probed:
    """What a failure says of it."""
    return Probed(outcome=_outcome(failed.problem), failed=failed)


def _outcome(problem: Problem) -> ProbeOutcome:
    return "refused" if problem.code in _REFUSALS else "unknown"


_REFUSALS = frozenset({"login", "denied", "not-found", "quota", "immutable", "registry", "layout"})
"""What is no failure on the way to an answer."""
