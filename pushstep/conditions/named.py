"""`when.condition`: named expressions, of which all, or any, must be true.

Every one is evaluated, whatever the others came to, so that the report shows them all; one that fails
fails the step.
"""

import re
from collections.abc import Iterator, Mapping

from pushstep.conditions.decision import (
    Condition,
    Decision,
    Fail,
    Outcome,
    RegexEngine,
    RegexError,
    Run,
    Skip,
)
from pushstep.conditions.evaluate import fill, holds
from pushstep.conditions.expression import Expression, ExpressionError, ExpressionSyntax, parse
from pushstep.conditions.names import Names
from pushstep.conditions.shape import mapping, problem
from pushstep.conditions.values import joined
from pushstep.errors import Problem
from pushstep.values import dataclass

_PATH = "when.condition"
_EXAMPLE = """{onMain: '"${{CF_BRANCH}}" == "main"'}"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """One expression and its name."""

    name: str
    path: str
    expression: Expression

    def problem(self, code: str, error: ExpressionError) -> Problem:
        """What is wrong with it, and where."""
        return _wrong(code, self.path, self.expression.text, error)


@dataclass(frozen=True, kw_only=True, slots=True)
class Conditions:
    """`when.condition`. A group without expressions holds."""

    all: tuple[Named, ...] = ()
    any: tuple[Named, ...] = ()


def parse_conditions(data: object) -> tuple[Conditions, list[Problem]]:
    """Read `when.condition` from plain data, with every problem."""
    lists, problems = mapping(data, _PATH, ("all", "any"), f"Write `condition: {{all: {_EXAMPLE}}}`.")
    groups: dict[str, tuple[Named, ...]] = {}
    for group, entries in lists.items():
        read = list(_entries(entries, f"{_PATH}.{group}"))
        problems += (one for one in read if isinstance(one, Problem))
        groups[group] = tuple(one for one in read if not isinstance(one, Problem))
    return Conditions(**groups), problems


def _entries(data: object, path: str) -> Iterator[Named | Problem]:
    if not isinstance(data, Mapping):
        yield problem("value", path, "is no mapping", f"Write `{path.rpartition('.')[2]}: {_EXAMPLE}`.")
        return
    for name, text in data.items():
        yield _entry(str(name), text, f"{path}.{name}")


def _entry(name: str, text: object, path: str) -> Named | Problem:
    if not re.fullmatch("[A-Za-z0-9_]+", name):
        return problem("value", path, "is no name of a condition", "Use letters, digits and underscores.")
    if not isinstance(text, str) or not text:
        return problem("value", path, "is empty or no text", "Write an expression in quotes.")
    try:
        return Named(name=name, path=path, expression=parse(text))
    except ExpressionSyntax as error:
        return _wrong("condition-syntax", path, text, error)


def _wrong(code: str, path: str, text: str, error: ExpressionError) -> Problem:
    return Problem(
        code=code,
        message=f"{path}: {error}",
        hint=error.hint or "docs/conditions.md describes the language.",
        path=path,
        picture=error.picture(text),
    )


def check_conditions(conditions: Conditions, engine: RegexEngine) -> Iterator[Problem]:
    """Every regular expression in a `match` that does not compile."""
    for one in (*conditions.all, *conditions.any):
        for pattern, place in one.expression.regexes():
            try:
                engine.compile(pattern, "")
            except RegexError as error:
                what = f"/{joined(pattern)}/ does not compile: {error}"
                hint = "It is read as JavaScript reads it, with every \\ doubled."
                yield one.problem("regex", ExpressionError(what, place=place, hint=hint))


def decide_conditions(conditions: Conditions, names: Names, engine: RegexEngine) -> Decision:
    """Whether both groups hold."""
    every = [_asked(one, names, engine) for one in conditions.all]
    some = [_asked(one, names, engine) for one in conditions.any]
    asked = tuple(condition for condition, _ in (*every, *some))
    failed = next((problem for _, problem in (*every, *some) if problem), None)
    if failed:
        return Fail(problem=failed, conditions=asked)
    for condition, _ in every:
        if condition.outcome != "true":
            reason = f"condition `{condition.name}` does not hold: {condition.substituted}"
            return Skip(reason=reason, conditions=asked)
    if some and all(condition.outcome != "true" for condition, _ in some):
        listed = ", ".join(f"`{condition.name}`" for condition, _ in some)
        return Skip(reason=f"none of the conditions holds, and one must: {listed}", conditions=asked)
    return Run(conditions=asked)


def _asked(one: Named, names: Names, engine: RegexEngine) -> tuple[Condition, Problem | None]:
    substituted = one.expression.text
    try:
        filled = fill(one.expression, names)
        substituted = filled.text
        outcome = holds(filled, names, engine)
    except ExpressionError as error:
        return _condition(one, substituted, "error", str(error)), one.problem("condition", error)
    return _condition(one, substituted, "true" if outcome else "false"), None


def unasked_conditions(conditions: Conditions) -> tuple[Condition, ...]:
    """The conditions, where an earlier part of `when` did not hold."""
    every = (*conditions.all, *conditions.any)
    return tuple(_condition(one, one.expression.text, "not_evaluated") for one in every)


def _condition(one: Named, substituted: str, outcome: Outcome, message: str = "") -> Condition:
    return Condition(
        name=one.name,
        kind="condition",
        expression=one.expression.text,
        substituted=substituted,
        outcome=outcome,
        message=message,
    )
