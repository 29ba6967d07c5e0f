"""`when.steps`: how earlier steps must have ended.

    on          holds when the step is
    ----------  --------------------------------------------------------------------------------
    success     `success`; what is meant without `on`
    failure     `failure`
    skipped     `skipped`
    finished    `success` or `failure`
    running, pending, terminating, terminated, approved, denied
                never: one step runs at a time, and nobody approves

A step that is not run here counts as `success`, unless the variable `NAME.result` says otherwise.
"""

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Literal

from pushstep.conditions.decision import Condition, Decision, Fail, Outcome, Run, Skip
from pushstep.conditions.names import Known
from pushstep.conditions.shape import flow, mapping, problem
from pushstep.errors import Problem
from pushstep.values import dataclass

_PATH = "when.steps"
_ENDINGS = ("success", "failure", "skipped", "finished")
_RESULTS = ("success", "failure", "skipped")
_NEVER = ("running", "pending", "terminating", "terminated", "approved", "denied")
_COMPARED = 100
_EXAMPLE = "Write `steps: [{name: build, on: [success]}]`."


@dataclass(frozen=True, kw_only=True, slots=True)
class After:
    """One step, and the words for how it must have ended."""

    name: str
    on: tuple[str, ...]
    path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Afters:
    """`when.steps`; none: it was not given."""

    must: Literal["all", "any"] = "all"
    steps: tuple[After, ...] = ()


def parse_steps(data: object) -> tuple[Afters, list[Problem]]:
    """Read `when.steps` from plain data, with every problem."""
    match data:
        case {"all": entries, **rest} if not rest:
            return _afters("all", entries, f"{_PATH}.all")
        case {"any": entries, **rest} if not rest:
            return _afters("any", entries, f"{_PATH}.any")
        case Mapping():
            return Afters(), [
                problem("value", _PATH, "is neither a list nor one of `all` and `any`", _EXAMPLE)
            ]
        case _:
            return _afters("all", data, _PATH)


def _afters(must: Literal["all", "any"], data: object, path: str) -> tuple[Afters, list[Problem]]:
    if not isinstance(data, list):
        return Afters(), [problem("value", path, "is no list", _EXAMPLE)]
    if not data:
        return Afters(), [problem("value", path, "is an empty list", "Name a step, or leave it out.")]
    problems: list[Problem] = []
    steps = []
    for number, entry in enumerate(data):
        after, wrong = _after(entry, f"{path}[{number}]")
        problems += wrong
        steps += [after] if after else []
    return Afters(must=must, steps=tuple(steps)), problems


def _after(data: object, path: str) -> tuple[After | None, list[Problem]]:
    fields, problems = mapping(data, path, ("name", "on"), _EXAMPLE)
    name = fields.get("name")
    words = fields.get("on", ["success"])
    if isinstance(data, Mapping) and (not isinstance(name, str) or not name):
        problems.append(problem("missing", f"{path}.name", "is missing", "Name a step of the document."))
    if not isinstance(words, list):
        problems.append(
            problem("value", f"{path}.on", "is no list", f"Write `on: {flow(words, 'success')}`.")
        )
        words = []
    elif not words:
        hint = "Name an ending, or leave it out for `success`."
        problems.append(problem("value", f"{path}.on", "is an empty list", hint))
    for number, word in enumerate(words):
        if word not in (*_ENDINGS, *_NEVER):
            near = get_close_matches(str(word), _ENDINGS, 1)
            hint = f"Perhaps `{near[0]}`." if near else f"Known here: {', '.join(_ENDINGS)}."
            problems.append(problem("unknown", f"{path}.on[{number}]", "is no ending of a step", hint))
    if problems:
        return None, problems
    return After(name=str(name), on=tuple(words), path=path), []


def notices_of_steps(afters: Afters) -> Iterator[str]:
    """What of them can never come true."""
    for after in afters.steps:
        never = [word for word in after.on if word in _NEVER]
        if never:
            yield f"{after.path}: no step is ever {' or '.join(never)} here, so that never holds"


def check_steps(afters: Afters, others: Collection[str]) -> Iterator[Problem]:
    """Every name that is none of the document's other steps."""
    for after in afters.steps:
        if after.name not in others:
            # a document of thousands of steps would be compared for as many seconds
            some = list(others)[:_COMPARED]
            near = get_close_matches(after.name, some, 1)
            hint = f"Perhaps `{near[0]}`." if near else f"There are: {', '.join(some) or 'none beside it'}."
            yield problem("unknown", f"{after.path}.name", f"names no other step: {after.name}", hint)


def decide_steps(afters: Afters, known: Known) -> Decision:
    """Whether the earlier steps ended as they must have."""
    conditions = tuple(_asked(after, known) for after in afters.steps)
    notices = tuple(
        f"step `{after.name}` is not run here and counts as {known.result(after.name)}"
        for after in afters.steps
        if known.results.get(after.name) == "not-run-here"
    )
    for after, condition in zip(afters.steps, conditions, strict=True):
        if condition.outcome == "error":
            hint = "`when.steps` looks at steps that stand before this one."
            failed = problem("condition", after.path, condition.message, hint)
            return Fail(problem=failed, conditions=conditions, notices=notices)
    unmet = [condition for condition in conditions if condition.outcome == "false"]
    if unmet and (afters.must == "all" or len(unmet) == len(conditions)):
        reason = "; ".join(condition.message for condition in unmet)
        return Skip(reason=reason, conditions=conditions, notices=notices)
    return Run(conditions=conditions, notices=notices)


def _asked(after: After, known: Known) -> Condition:
    wanted = " or ".join(after.on)
    outcome: Outcome = "error"
    message = f"names a step that has not ended: {after.name}"
    if after.name in known.results:
        result = known.result(after.name)
        met = result in _RESULTS and (result in after.on or ("finished" in after.on and result != "skipped"))
        outcome = "true" if met else "false"
        message = f"step `{after.name}` is {result}" + ("" if met else f", not {wanted}")
    return Condition(
        name=after.name, kind="steps", expression=wanted, substituted=wanted, outcome=outcome, message=message
    )


def unasked_steps(afters: Afters) -> tuple[Condition, ...]:
    """The conditions, where an earlier part of `when` did not hold."""
    return tuple(
        Condition(
            name=after.name,
            kind="steps",
            expression=" or ".join(after.on),
            substituted=" or ".join(after.on),
            outcome="not_evaluated",
        )
        for after in afters.steps
    )
