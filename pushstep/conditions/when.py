"""`when` as a whole: read, checked before anything runs, and decided for one step.

data ──parse_when──▶ When ──check──▶ problems      before anything runs
                          ──decide──▶ Run | Skip | Fail
"""

from collections.abc import Callable, Collection
from dataclasses import field, replace

from pushstep.conditions.branch import (
    BranchFilter,
    check_branch,
    notices_of_branch,
    parse_branch,
)
from pushstep.conditions.branch_decision import decide_branch, unasked_branch
from pushstep.conditions.decision import Condition, Decision, RegexEngine, Run, then
from pushstep.conditions.named import (
    Conditions,
    check_conditions,
    decide_conditions,
    parse_conditions,
    unasked_conditions,
)
from pushstep.conditions.names import Known, Names
from pushstep.conditions.shape import flow, mapping
from pushstep.conditions.steps import (
    Afters,
    check_steps,
    decide_steps,
    notices_of_steps,
    parse_steps,
    unasked_steps,
)
from pushstep.errors import Problem
from pushstep.values import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class When:
    """`when`; with nothing in it the step runs."""

    branch: BranchFilter = field(default_factory=BranchFilter)
    steps: Afters = field(default_factory=Afters)
    condition: Conditions = field(default_factory=Conditions)
    notices: tuple[str, ...] = ()
    """About how it was read, for people; they concern a step that is skipped too."""


def parse_when(data: object) -> tuple[When, tuple[Problem, ...]]:
    """Read `when` from plain data, with every problem of its shape; `check` finds those of its patterns.

    Beside problems, the value holds what could be read, so that `check` adds its own to the same report.
    """
    hint = f"Write `branch: {{only: {flow(data, 'main')}}}`."
    fields, problems = mapping(data, "when", ("branch", "steps", "condition"), hint)
    when = When()
    if "branch" in fields:
        branch, wrong = parse_branch(fields["branch"])
        when = replace(when, branch=branch, notices=tuple(notices_of_branch(branch)))
        problems += wrong
    if "steps" in fields:
        steps, wrong = parse_steps(fields["steps"])
        when = replace(when, steps=steps, notices=(*when.notices, *notices_of_steps(steps)))
        problems += wrong
    if "condition" in fields:
        condition, wrong = parse_conditions(fields["condition"])
        when = replace(when, condition=condition)
        problems += wrong
    return when, tuple(problems)


def check(when: When, engine: RegexEngine, others: Collection[str] = ()) -> tuple[Problem, ...]:
    """What is wrong whatever the variables are; `others` are the names of the document's other steps."""
    return (
        *check_branch(when.branch, engine),
        *check_steps(when.steps, others),
        *check_conditions(when.condition, engine),
    )


def decide(when: When, known: Known, engine: RegexEngine) -> Decision:
    """Whether the step runs. Once a part excludes it, the parts behind it are not evaluated."""
    names = Names(known)
    parts: tuple[tuple[Callable[[], Decision], tuple[Condition, ...]], ...] = (
        (lambda: decide_branch(when.branch, names, known.branch, engine), unasked_branch(when.branch)),
        (lambda: decide_steps(when.steps, known), unasked_steps(when.steps)),
        (lambda: decide_conditions(when.condition, names, engine), unasked_conditions(when.condition)),
    )
    decision: Decision = Run()
    for ask, unasked in parts:
        if isinstance(decision, Run):
            decision = then(decision, ask())
        else:
            decision = replace(decision, conditions=(*decision.conditions, *unasked))
    return decision
